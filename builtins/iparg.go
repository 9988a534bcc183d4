package builtins

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"go.starlark.net/starlark"
)

// What the parameters of ipaddr take. Each is a starlark.Unpacker, so the
// error names function and parameter by itself.

const (
	wantAddr   = `an IP address like "192.0.2.1" or "2001:db8::1"`
	wantPrefix = `a prefix like "192.0.2.0/24" or "2001:db8::/32"`
	wantMAC    = `a MAC address like "02:00:00:00:00:01"`
)

func textArg(v starlark.Value, want string) (string, error) {
	s, ok := starlark.AsString(v)
	if !ok {
		return "", fmt.Errorf("got %s, want %s", v.Type(), want)
	}
	return s, nil
}

// addrArg is an address.
type addrArg struct{ netip.Addr }

// Unpack reads it.
func (a *addrArg) Unpack(v starlark.Value) error {
	s, err := textArg(v, wantAddr)
	if err != nil {
		return err
	}
	if a.Addr, err = netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return nil
	}
	hint := ""
	if _, err := netip.ParsePrefix(s); err == nil {
		hint = " (ipaddr.addr takes it out of a prefix)"
	} else if strings.Contains(s, "%") {
		hint = " (without a zone)"
	}
	return fmt.Errorf("got %q, want %s%s", s, wantAddr, hint)
}

// prefixArg is a prefix, as it was written: bits of the host may be set.
type prefixArg struct{ netip.Prefix }

// Unpack reads it.
func (p *prefixArg) Unpack(v starlark.Value) error {
	s, err := textArg(v, wantPrefix)
	if err != nil {
		return err
	}
	if p.Prefix, err = netip.ParsePrefix(s); err == nil {
		return nil
	}
	hint := ""
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		hint = fmt.Sprintf(" (%s/%d?)", s, a.BitLen())
	}
	return fmt.Errorf("got %q, want %s%s", s, wantPrefix, hint)
}

// ipArg is either.
type ipArg struct {
	addr netip.Addr
	bits int // -1 for an address
}

// Unpack reads it.
func (x *ipArg) Unpack(v starlark.Value) error {
	const want = `an IP address or a prefix like "192.0.2.0/24"`
	s, err := textArg(v, want)
	if err != nil {
		return err
	}
	if p, err := netip.ParsePrefix(s); err == nil {
		x.addr, x.bits = p.Addr(), p.Bits()
		return nil
	}
	if x.addr, err = netip.ParseAddr(s); err != nil || x.addr.Zone() != "" {
		return fmt.Errorf("got %q, want %s", s, want)
	}
	x.bits = -1
	return nil
}

// length is that of the prefix; an address is one of full length.
func (x ipArg) length() int {
	if x.bits < 0 {
		return x.addr.BitLen()
	}
	return x.bits
}

func (x ipArg) prefix() netip.Prefix { return netip.PrefixFrom(x.addr, x.length()) }

func (x ipArg) String() string {
	if x.bits < 0 {
		return x.addr.String()
	}
	return x.prefix().String()
}

func (x ipArg) version() int {
	if x.addr.Is4() {
		return 4
	}
	return 6
}

// macArg is a MAC of six bytes.
type macArg [6]byte

// Unpack reads it.
func (m *macArg) Unpack(v starlark.Value) error {
	s, err := textArg(v, wantMAC)
	if err != nil {
		return err
	}
	hw, err := net.ParseMAC(s)
	if err != nil || len(hw) != len(m) {
		return fmt.Errorf("got %q, want %s", s, wantMAC)
	}
	copy(m[:], hw)
	return nil
}

func (m macArg) String() string { return net.HardwareAddr(m[:]).String() }

// maskArg is the length of a prefix, as a number or as a netmask.
type maskArg struct{ v starlark.Value }

// Unpack keeps it: what it may be depends on the address.
func (m *maskArg) Unpack(v starlark.Value) error {
	m.v = v
	return nil
}

// length is the number of bits for an address of bitLen.
func (m maskArg) length(bitLen int) (int, error) {
	want := fmt.Sprintf("a length from 0 to %d, or a netmask", bitLen)
	switch v := m.v.(type) {
	case starlark.Int:
		if n, ok := v.Int64(); ok && n >= 0 && n <= int64(bitLen) {
			return int(n), nil
		}
		return 0, fmt.Errorf("got %s, want %s", v, want)
	case starlark.String:
		a, err := netip.ParseAddr(string(v))
		if err == nil && a.BitLen() == bitLen && a.Zone() == "" {
			host := number(a).trailing()
			if number(a) == (u128{}) {
				host = bitLen
			}
			if number(a).add(ones(host)) == ones(bitLen) {
				return bitLen - host, nil
			}
		}
		return 0, fmt.Errorf("got %s, want %s", v, want)
	}
	return 0, fmt.Errorf("got %s, want %s", m.v.Type(), want)
}
