package schema

// Ref points at an entry of one of a Spec's slices: index + 1, 0 for none.
type Ref int32

// Spec is one family: everything a spec file says.
type Spec struct {
	Name     string
	Doc      string
	Source   string // the file it came from
	Protocol string // genetlink, genetlink-legacy, genetlink-c, netlink-raw
	ProtoNum int    // the protocol of socket(2); 16 for generic netlink
	Version  int    // of the generic netlink family
	Model    string // numbering of operations: unified or directional
	OpPrefix string // of the C names of message types, "RTM_"; "" if not known

	Consts  []Const
	Enums   []Enum
	Structs []Struct
	Sets    []Set
	SubMsgs []SubMsg
	Ops     []Op
	Groups  []Group
}

// Generic reports whether the family is reached through generic netlink.
func (s *Spec) Generic() bool { return s.Protocol != "netlink-raw" }

// Const is a named number or text.
type Const struct {
	Name  string
	Doc   string
	Num   int64
	Text  string // set instead of Num where the value is text
	CName string // in C, "" if not known
}

// Enum names numbers. In flags an entry's value is the number of a bit.
type Enum struct {
	Name    string
	Doc     string
	Flags   bool
	Prefix  string // of the C names, "IFF_"; "" if not known
	Entries []Entry
}

// Entry is one name of an Enum.
type Entry struct {
	Name  string
	Doc   string
	Since string
	CName string // in C, where it is not prefix and name
	Value int64
}

// Row is what an attribute and a member of a struct have in common.
type Row struct {
	Name      string // the kernel's spelling
	Key       string // the spelling of scripts
	CName     string // in C, where it is not prefix and name
	Doc       string
	Kind      Kind
	Elem      Kind // of each element, for arrays
	Hint      Hint
	Role      Role
	Class     string // role id: what is numbered, where the name does not say it
	Within    string // role ifindex: the attribute with the nsid of the namespace that the index is of
	Since     string // the kernel release that brought it
	Empty     string // the release since which the kernel sends it though it is zero
	BigEndian bool
	AsFlags   bool // the value is a set of the enum's entries
	Enum      Ref
	Struct    Ref   // layout of the payload, of each element, or of a record's head
	Len       int32 // length of binary, or of each binary element; 0 is any
}

// Attr is one attribute of a set.
type Attr struct {
	Row
	Num          uint16
	Multi        bool // may come more than once: a list
	Unordered    bool // a list whose order means nothing
	Unnumbered   bool // indexed-array: the indexes mean nothing, so it is a list
	Set          Ref  // of a nest, of each element, of a record's tail
	SubMsg       Ref
	Selector     string   // attribute or header member that selects the format
	Levels       []string // nest-type-value: what the attribute types of each level mean
	LengthMember string   // records: member that holds the length of the record
	Checks       []Check
}

// Check is a bound that the spec states. It informs; the kernel decides.
type Check struct {
	Name  string // min, max, min-len, max-len, exact-len
	Value int64
}

// Member is one member of a struct.
type Member struct {
	Row
	Off   int32
	Size  int32  // 0: takes the rest of the payload
	Count string // array: the earlier member that holds the number of elements

	// A union of addresses: which it is, another member says.
	Selector string
	Hints    []SelectedHint
}

// SelectedHint is how a union is shown where its selector has a value.
type SelectedHint struct {
	Value string // of the selector: an entry's name, or a number
	Hint  Hint
}

// Struct is a C struct in natural alignment.
type Struct struct {
	Name    string
	Doc     string
	Size    int32 // without a trailing array
	Align   int32
	Prefix  int32 // length of the prefix that all members' keys share, "ifi_"
	Members []Member
}

// Set is a space of attribute numbers, sorted by number.
type Set struct {
	Name   string
	Doc    string
	Prefix string // of the C names, "IFLA_"; "" if not known
	Attrs  []Attr
	ByKey  []uint16 // indexes of Attrs sorted by key

	// Columns are what tells the most of a message, the most telling first: names of attributes or members of the header, "nest.name" for
	// what is in a nest, and "address/length" for two that make a prefix.
	Columns []string
}

// SubMsg is a payload whose format another attribute selects.
type SubMsg struct {
	Name    string
	Formats []Format
}

// Format is one format of a SubMsg. With neither Header nor Set the payload
// stays bytes.
type Format struct {
	Value   string // of the selector
	Default bool   // used where no other format fits
	Header  Ref    // struct
	Set     Ref
}

// Op is one operation, notification or event.
type Op struct {
	Name    string
	Key     string
	Doc     string
	Since   string
	Set     Ref
	Header  Ref // fixed header
	Do      Mode
	Dump    Mode
	Event   bool   // a notification with a content of its own
	Notify  string // the operation whose reply this notification carries
	Ntf     int32  // number of the notification or event, -1 if it is none
	Group   string // multicast group of the notification
	Payload Kind   // what follows the header instead of attributes; KindNone usually
	Admin   bool   // needs CAP_NET_ADMIN in the initial namespace
	UnsAdm  bool   // needs CAP_NET_ADMIN in the namespace
	CName   string // in C, where it is not prefix and name
	Bracket Bracket
}

// Bracket says that an operation does nothing but begin or end a transaction:
// what is between the two is carried out as a whole or not at all.
type Bracket uint8

// The brackets.
const (
	NoBracket Bracket = iota
	Begin
	End
)

// Mode is one way to call an operation. A number is -1 where there is none.
type Mode struct {
	Has        bool
	Request    int32
	Reply      int32
	ReqSet     Ref      // set of the request where it is not that of the operation
	ReqAttrs   []string // what the spec lists; hints for people, not filters
	ReplyAttrs []string
	Unordered  bool // of a dump: its messages come in no order that means anything
}

// Group is a multicast group. Generic netlink resolves its number by name.
type Group struct {
	Name  string
	Key   string
	CName string // in C, "" if not known
	Value int32
}
