package redact

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/nlsh/nlsh/internal/schema"
)

// Classes of symbols, as they are written. Those of role id have the name of
// their row or of its class.
const (
	classIf    = "if"
	classMAC   = "mac"
	classLocal = "ll"   // interface id of an address that is made of no MAC
	classTail  = "tail" // end of a multicast address that is made of an unknown address
	classPort  = "port"
	classNSID  = "nsid"
	classNetns = "netns"
	classPID   = "pid"
)

// What stands for values that have no identity.
const (
	timeText    = "<time>"
	counterText = "<n>"
	randomText  = "<random>"
)

// identity is the class of a row's values, "" where they are no identities.
// Addresses have rules of their own: see address and mac.
func identity(r *schema.Row) string {
	switch r.Role {
	case schema.RoleIfindex:
		return classIf
	case schema.RoleNSID:
		return classNSID
	case schema.RolePortID:
		return classPort
	case schema.RoleNetnsFD:
		return classNetns
	case schema.RoleNetnsPID:
		return classPID
	case schema.RoleID:
		if r.Class != "" {
			return r.Class
		}
		return r.Name
	}
	return ""
}

// neverLiteral reports whether a request holds what nlsh filled in: the script
// gave an open namespace or a process, not its number.
func neverLiteral(class string) bool { return class == classNetns || class == classPID }

// volatile reports whether values of the row say nothing that lasts.
func volatile(r *schema.Row) bool {
	return r.Role == schema.RoleMachine || standIn(r) != ""
}

// standIn is what stands for all values of a row, "" where they are told apart.
func standIn(r *schema.Row) string {
	switch {
	case r.Role == schema.RoleTime:
		return timeText
	case r.Role == schema.RoleCounter:
		return counterText
	case r.Role == schema.RoleRandom && r.Hint != schema.HintMAC:
		return randomText
	}
	return ""
}

// keyOf is what tells a value of an identity apart; ok is false for those that
// mean the same everywhere: none, all, and what an enum names.
func (t *Table) keyOf(r *schema.Row, class string, in *schema.Msg, v schema.Value) (k key, ok bool) {
	k.class = class
	switch v.Kind() {
	case schema.Uint:
		n := v.Uint64()
		if n == 0 || r.Kind.Width() > 0 && n == ^uint64(0)>>(64-8*r.Kind.Width()) {
			if n != 0 || class != classNSID { // a namespace may have the id 0
				return k, false
			}
		}
		k.val = strconv.FormatUint(n, 10)
	case schema.Bytes:
		if allZero(v.Bytes()) {
			return k, false
		}
		k.val = hex.EncodeToString(v.Bytes())
	default: // negative: none; text: a name of an enum
		return k, false
	}
	if class == classIf || class == classNSID {
		k.origin = in.From()
	}
	if r.Within != "" {
		if id, ok, _ := in.Get(r.Within); ok {
			k.origin = t.elsewhere(k.origin, int32(id.Int64()))
		}
	}
	return k, true
}

// text writes a leaf; redacted says that a symbol stands for it.
func (t *Table) text(n *Node, assign bool) (text string, redacted bool) {
	if n.row == nil {
		return n.text, false
	}
	r, in, v := n.row, n.in, n.val
	if !n.own {
		if n.as != "" {
			return n.as, true
		}
		if s := standIn(r); s != "" {
			return s, true
		}
	}
	switch v.Kind() {
	case schema.FlagSet:
		return flags(v), false
	case schema.Text:
		switch r.Hint {
		case schema.HintMAC:
			return t.mac(v.Text(), assign)
		case schema.HintIPv6, schema.HintIPv4Or6:
			return t.address(v.Text(), assign)
		}
	}
	if class := identity(r); class != "" {
		if k, ok := t.keyOf(r, class, in, v); ok {
			return t.symbol(k, literal(r, v), assign)
		}
	}
	return literal(r, v), false
}

func flags(v schema.Value) string {
	s := "["
	for i, e := range v.List() {
		if i > 0 {
			s += ", "
		}
		s += bare(e)
	}
	return s + "]"
}

// literal writes a value as it is: names and addresses without quotes, since
// nothing else looks like them in their place, text with.
func literal(r *schema.Row, v schema.Value) string {
	switch v.Kind() {
	case schema.None:
		return "None"
	case schema.Bool:
		if v.Uint64() != 0 {
			return "True"
		}
		return "False"
	case schema.Text:
		s := v.Text()
		if r.Enum == 0 && (r.Hint == schema.HintNone || r.Hint == schema.HintHex) || s == "" {
			s = strconv.Quote(s)
		}
		if odd := v.Payload(); odd != nil { // text without its NUL, or with something behind it
			s += fmt.Sprintf(" (0x%x)", odd)
		}
		return s
	case schema.Bytes:
		if v.Odd() {
			return fmt.Sprintf("0x%x (odd)", v.Bytes())
		}
		return fmt.Sprintf("0x%x", v.Bytes())
	}
	return bare(v)
}

// bare is a number or a name.
func bare(v schema.Value) string {
	switch v.Kind() {
	case schema.Text:
		return v.Text()
	case schema.Int:
		return strconv.FormatInt(v.Int64(), 10)
	case schema.Uint, schema.Handle:
		return strconv.FormatUint(v.Uint64(), 10)
	}
	return v.String()
}

func allZero(p []byte) bool {
	for _, c := range p {
		if c != 0 {
			return false
		}
	}
	return true
}
