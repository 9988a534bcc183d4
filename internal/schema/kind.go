package schema

import "strings"

// Kind is the shape of a payload.
type Kind uint8

// The kinds. Struct and ScalarArray are what YNL writes as binary with struct
// and binary with sub-type; Records and Array are extensions (docs/specs.md).
const (
	KindNone Kind = iota
	KindU8
	KindU16
	KindU32
	KindU64
	KindS8
	KindS16
	KindS32
	KindS64
	KindUint // 4 or 8 bytes
	KindSint
	KindFlag
	KindString
	KindBinary
	KindStruct
	KindScalarArray
	KindBitfield32
	KindNest
	KindIndexedArray
	KindNestTypeValue
	KindSubMessage
	KindRecords
	KindArray   // elements up to the end of a struct
	KindStrings // NUL-separated text, payload of an operation
	KindPad
	KindUnused
)

var kindNames = [...]string{
	"none", "u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "uint", "sint", "flag", "string", "binary", "struct",
	"scalar-array", "bitfield32", "nest", "indexed-array", "nest-type-value", "sub-message", "records", "array", "strings",
	"pad", "unused",
}

func (k Kind) String() string { return kindNames[k] }

// KindOf finds a kind by its name in a spec.
func KindOf(name string) (Kind, bool) {
	for i, n := range kindNames {
		if n == name {
			return Kind(i), true
		}
	}
	return KindNone, false
}

// Width is the size in bytes of a number of this kind, 0 if it is none or has
// no fixed width.
func (k Kind) Width() int {
	switch k {
	case KindU8, KindS8:
		return 1
	case KindU16, KindS16:
		return 2
	case KindU32, KindS32:
		return 4
	case KindU64, KindS64:
		return 8
	}
	return 0
}

// Integer reports whether values of this kind are numbers.
func (k Kind) Integer() bool { return k >= KindU8 && k <= KindSint }

// Signed reports whether numbers of this kind may be negative.
func (k Kind) Signed() bool { return k >= KindS8 && k <= KindS64 || k == KindSint }

// Hint says how a value is written for people.
type Hint uint8

// The display hints of YNL.
const (
	HintNone Hint = iota
	HintHex
	HintMAC
	HintFDDI
	HintIPv4
	HintIPv6
	HintIPv4Or6
	HintUUID
)

var hintNames = [...]string{"", "hex", "mac", "fddi", "ipv4", "ipv6", "ipv4-or-v6", "uuid"}

func (h Hint) String() string { return hintNames[h] }

// HintOf finds a hint by its name in a spec.
func HintOf(name string) (Hint, bool) {
	for i, n := range hintNames {
		if n == name {
			return Hint(i), true
		}
	}
	return HintNone, false
}

// Role is what a number means beyond its type.
type Role uint8

// The roles, see docs/specs.md.
const (
	RoleNone Role = iota
	RoleIfindex
	RoleNetnsFD
	RoleNetnsPID
	RoleNSID
	RoleCounter
	RoleTime
	RoleRandom
	RoleIfname  // name of the interface that the header, or the set, has the index of
	RoleMachine // says something of the machine: queues, limits of its devices
	RolePortID  // address of a netlink socket
	RoleID      // the kernel's choice, meaningful only for being the same elsewhere
)

var roleNames = [...]string{"", "ifindex", "netns-fd", "netns-pid", "nsid", "counter", "time", "random", "ifname", "machine", "portid", "id"}

func (r Role) String() string { return roleNames[r] }

// RoleOf finds a role by its name in a spec.
func RoleOf(name string) (Role, bool) {
	for i, n := range roleNames {
		if n == name {
			return Role(i), true
		}
	}
	return RoleNone, false
}

// Key is the spelling of a kernel name in scripts: `-` becomes `_`, a word
// that Starlark reserves gets a trailing `_`, a leading digit a leading `_`.
func Key(name string) string {
	key := strings.Map(func(r rune) rune {
		switch r {
		case '-', '.', '/', ' ':
			return '_'
		}
		return r
	}, name) // returns name itself where nothing changes
	if reserved(key) {
		return key + "_"
	}
	if key != "" && key[0] >= '0' && key[0] <= '9' {
		return "_" + key
	}
	return key
}

// reserved lists the words that the Starlark grammar keeps for itself.
func reserved(word string) bool {
	switch word {
	case "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "except", "finally", "for",
		"from", "global", "if", "import", "in", "is", "lambda", "load", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
		"with", "yield":
		return true
	}
	return false
}
