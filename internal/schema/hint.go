package schema

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strings"
)

// hintBytes writes bytes the way the hint says, "" where they do not fit it.
func hintBytes(h Hint, p []byte) string {
	switch h {
	case HintMAC, HintFDDI:
		return colonHex(p)
	case HintIPv4:
		if len(p) == 4 {
			return addrString(p)
		}
	case HintIPv6:
		if len(p) == 16 {
			return addrString(p)
		}
	case HintIPv4Or6:
		if len(p) == 4 || len(p) == 16 {
			return addrString(p)
		}
	case HintUUID:
		if len(p) == 16 {
			s := hex.EncodeToString(p)
			return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
		}
	}
	return ""
}

// addrString keeps IPv4-mapped IPv6 addresses apart from IPv4 ones.
func addrString(p []byte) string {
	if len(p) == 4 {
		return netip.AddrFrom4([4]byte(p)).String()
	}
	return netip.AddrFrom16([16]byte(p)).String()
}

// colonHex writes a hardware address of any length; an empty one has no text.
func colonHex(p []byte) string {
	if len(p) == 0 {
		return ""
	}
	const digits = "0123456789abcdef"
	b := make([]byte, 0, 3*len(p))
	for i, c := range p {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[c>>4], digits[c&15])
	}
	return string(b)
}

// addressed reports whether numbers of r stand for an address: an IPv4 address
// in a big-endian u32.
func (r *Row) addressed() bool {
	return r.BigEndian && r.Kind == KindU32 && (r.Hint == HintIPv4 || r.Hint == HintIPv4Or6)
}

// hintNumber writes a number that stands for an address.
func hintNumber(r *Row, n uint64) string {
	if r.addressed() {
		var p [4]byte
		binary.BigEndian.PutUint32(p[:], uint32(n))
		return addrString(p[:])
	}
	return ""
}

// parseHint reads text that the hint would write. want says what it expected.
func parseHint(h Hint, s string) (p []byte, want string) {
	switch h {
	case HintMAC, HintFDDI:
		p, ok := parseColonHex(s)
		if !ok {
			return nil, `a hardware address like "02:00:00:00:00:01"`
		}
		return p, ""
	case HintIPv4, HintIPv6, HintIPv4Or6:
		return parseAddr(h, s)
	case HintUUID:
		p, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
		if err != nil || len(p) != 16 {
			return nil, `a UUID like "01234567-89ab-cdef-0123-456789abcdef"`
		}
		return p, ""
	case HintHex:
		clean := strings.NewReplacer(" ", "", ":", "").Replace(strings.TrimPrefix(s, "0x"))
		if p, err := hex.DecodeString(clean); err == nil {
			return p, ""
		}
		return nil, "bytes, or hexadecimal digits"
	}
	return nil, "bytes"
}

func parseAddr(h Hint, s string) ([]byte, string) {
	want := "an IPv4 or IPv6 address"
	switch h {
	case HintIPv4:
		want = "an IPv4 address"
	case HintIPv6:
		want = "an IPv6 address"
	}
	addr, err := netip.ParseAddr(s)
	switch {
	case err != nil && strings.Contains(s, "/"):
		return nil, want + " without a prefix length (which has a field of its own)"
	case err != nil || addr.Zone() != "":
		return nil, want
	case h == HintIPv4 && !addr.Is4(), h == HintIPv6 && !addr.Is6():
		return nil, want
	}
	return addr.AsSlice(), ""
}

// parseColonHex reads a hardware address of any length, none included; one without separators
// needs all twelve digits, lest a number pass for it.
func parseColonHex(s string) ([]byte, bool) {
	if s == "" {
		return []byte{}, true
	}
	if p, err := hex.DecodeString(s); err == nil && len(p) >= 6 {
		return p, true
	}
	sep := ":"
	if !strings.Contains(s, sep) {
		sep = "-"
	}
	var p []byte
	for _, part := range strings.Split(s, sep) {
		b, err := hex.DecodeString(part)
		if err != nil || len(b) != 1 {
			return nil, false
		}
		p = append(p, b[0])
	}
	return p, true
}
