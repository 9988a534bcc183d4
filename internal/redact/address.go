package redact

import (
	"encoding/hex"
	"net/netip"
	"strings"

	"github.com/nlsh/nlsh/internal/schema"
)

// macLen is the length of a MAC, maxMAC that of the longest hardware address
// that no attribute leaves room behind, InfiniBand's.
const (
	macLen = 6
	maxMAC = 20
)

// macKey is the key of a MAC; ok is false for addresses that no device is given
// by chance: none, groups, broadcast, and what is no MAC at all (tunnels have IP
// addresses for hardware addresses).
func macKey(b []byte) (k key, ok bool) {
	// One in a place with room for any hardware address; IPv6 tunnels have a
	// random one for a permanent address, with the length of their own.
	if len(b) > maxMAC && allZero(b[macLen:]) || len(b) == 16 && b[0]&2 != 0 && allZero(b[macLen:]) {
		b = b[:macLen]
	}
	if len(b) == 0 || len(b) == 4 || len(b) == 16 || b[0]&1 != 0 || allZero(b) {
		return key{}, false
	}
	return key{class: classMAC, val: hex.EncodeToString(b)}, true
}

// neighbourGroup is where the MACs of solicited-node groups begin (RFC 2464, RFC 4291).
const neighbourGroup = "33:33:ff:"

func (t *Table) mac(text string, assign bool) (string, bool) {
	b, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
	if text == "" || err != nil {
		return `""`, false
	}
	if k, ok := macKey(b); ok {
		return t.symbol(k, text, assign)
	}
	if len(b) == macLen && strings.HasPrefix(text, neighbourGroup) {
		return t.tail([3]byte(b[3:]), neighbourGroup, text, assign)
	}
	return text, false
}

// tail writes an address of which the last three bytes are those of another.
func (t *Table) tail(end [3]byte, before, literal string, assign bool) (string, bool) {
	k, known := t.tails[end]
	switch {
	case known && k.class == "", !known && end[0] == 0 && end[1] == 0:
		return literal, false // of an address that is literal, or that looks as people choose them
	case !known:
		k = key{class: classTail, val: hex.EncodeToString(end[:])}
	}
	s, redacted := t.symbol(k, literal, assign)
	if !redacted {
		return literal, false
	}
	return before + s, true
}

// address writes an IP address. What the kernel makes of a MAC, or of chance, is
// in IPv6 addresses only.
func (t *Table) address(text string, assign bool) (string, bool) {
	a, err := netip.ParseAddr(text)
	if err != nil || !a.Is6() || a.Is4In6() {
		return text, false
	}
	b := a.As16()
	if strings.HasPrefix(string(b[:]), solicited) {
		return t.tail([3]byte(b[13:]), "ff02::1:ff:", text, assign)
	}
	k, ok := t.hostKey(a)
	if !ok {
		return text, false
	}
	s, redacted := t.symbol(k, text, assign)
	if !redacted {
		return text, false
	}
	var prefix [16]byte
	copy(prefix[:8], b[:8])
	return netip.AddrFrom16(prefix).String() + s, true
}

// solicited is where the IPv6 addresses of solicited-node groups begin.
const solicited = "\xff\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\xff"

// hostKey is what the second half of an IPv6 address is made of; ok is false
// where it may be literal.
func (t *Table) hostKey(a netip.Addr) (k key, ok bool) {
	if th := t.things[addrKey(a)]; th != nil && th.literal {
		return key{}, false
	}
	b := a.As16()
	local := b[0] == 0xfe && b[1]&0xc0 == 0x80
	if b[11] == 0xff && b[12] == 0xfe { // modified EUI-64: RFC 4291 appendix A
		mac := []byte{b[8] ^ 2, b[9], b[10], b[13], b[14], b[15]}
		k, ok := macKey(mac)
		if ok && (local || t.things[k] != nil) {
			return k, true
		}
		return key{}, false
	}
	if local && !allZero(b[8:12]) { // people write small numbers, a hash is not
		return key{class: classLocal, val: hex.EncodeToString(b[8:])}, true
	}
	return key{}, false
}

// addrKey is the key under which an address of the script's is remembered.
func addrKey(a netip.Addr) key { return key{class: "address", val: a.String()} }

// learnMAC remembers a MAC and the end of it.
func (t *Table) learnMAC(v schema.Value, sent bool) {
	hw, err := hex.DecodeString(strings.ReplaceAll(v.Text(), ":", ""))
	if err != nil {
		return
	}
	if k, ok := macKey(hw); ok {
		th := t.note(k, sent)
		if th.literal {
			k = key{}
		}
		if len(hw) >= macLen {
			t.learnTail(hw[macLen-3:macLen], k)
		}
	}
}

// learnAddress remembers an IPv6 address and the end of it.
func (t *Table) learnAddress(v schema.Value, sent bool) {
	a, err := netip.ParseAddr(v.Text())
	if err != nil || !a.Is6() || a.Is4In6() || a.IsMulticast() {
		return
	}
	k, made := t.hostKey(a)
	if sent && (!made || t.things[k] == nil) {
		t.note(addrKey(a), true)
		made = false
	}
	if !made {
		k = key{}
	} else {
		t.note(k, false)
	}
	b := a.As16()
	t.learnTail(b[13:], k)
}

func (t *Table) learnTail(end []byte, k key) {
	if _, known := t.tails[[3]byte(end)]; !known {
		t.tails[[3]byte(end)] = k
	}
}
