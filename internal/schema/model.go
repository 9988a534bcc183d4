package schema

import "sort"

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
	Name string
	Doc  string
	Num  int64
	Text string // set instead of Num where the value is text
}

// Enum names numbers. In flags an entry's value is the number of a bit.
type Enum struct {
	Name    string
	Doc     string
	Flags   bool
	Entries []Entry
}

// Entry is one name of an Enum.
type Entry struct {
	Name  string
	Doc   string
	Since string
	Value int64
}

// Row is what an attribute and a member of a struct have in common.
type Row struct {
	Name      string // the kernel's spelling
	Key       string // the spelling of scripts
	Doc       string
	Kind      Kind
	Elem      Kind // of each element, for arrays
	Hint      Hint
	Role      Role
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
	Set          Ref  // of a nest, of each element, of a record's tail
	SubMsg       Ref
	Selector     string   // attribute or header member that selects the format
	Levels       []string // nest-type-value: what the attribute types of each level mean
	LengthMember string   // records: member that holds the length of the record
	Checks       []Check
	Since        string
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
	Name  string
	Doc   string
	Attrs []Attr
	ByKey []uint16 // indexes of Attrs sorted by key
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
}

// Mode is one way to call an operation. A number is -1 where there is none.
type Mode struct {
	Has        bool
	Request    int32
	Reply      int32
	ReqAttrs   []string // what the spec lists; hints for people, not filters
	ReplyAttrs []string
}

// Group is a multicast group. Generic netlink resolves its number by name.
type Group struct {
	Name  string
	Key   string
	Value int32
}

// Enum is the enum that r points at, nil for none.
func (s *Spec) Enum(r Ref) *Enum {
	if r == 0 {
		return nil
	}
	return &s.Enums[r-1]
}

// Struct is the struct that r points at, nil for none.
func (s *Spec) Struct(r Ref) *Struct {
	if r == 0 {
		return nil
	}
	return &s.Structs[r-1]
}

// Set is the set that r points at, nil for none.
func (s *Spec) Set(r Ref) *Set {
	if r == 0 {
		return nil
	}
	return &s.Sets[r-1]
}

// SubMsg is the sub-message that r points at, nil for none.
func (s *Spec) SubMsg(r Ref) *SubMsg {
	if r == 0 {
		return nil
	}
	return &s.SubMsgs[r-1]
}

// FindSet finds a set by name.
func (s *Spec) FindSet(name string) *Set {
	for i := range s.Sets {
		if s.Sets[i].Name == name {
			return &s.Sets[i]
		}
	}
	return nil
}

// FindStruct finds a struct by name.
func (s *Spec) FindStruct(name string) *Struct {
	for i := range s.Structs {
		if s.Structs[i].Name == name {
			return &s.Structs[i]
		}
	}
	return nil
}

// FindEnum finds an enum by name.
func (s *Spec) FindEnum(name string) *Enum {
	for i := range s.Enums {
		if s.Enums[i].Name == name {
			return &s.Enums[i]
		}
	}
	return nil
}

// FindOp finds an operation by name, in the kernel's or in the scripts' spelling.
func (s *Spec) FindOp(name string) *Op {
	for i := range s.Ops {
		if s.Ops[i].Name == name || s.Ops[i].Key == name {
			return &s.Ops[i]
		}
	}
	return nil
}

// FindConst finds a constant by name.
func (s *Spec) FindConst(name string) *Const {
	for i := range s.Consts {
		if s.Consts[i].Name == name {
			return &s.Consts[i]
		}
	}
	return nil
}

// OpOfReply finds the operation whose replies or notifications have the
// message type (or generic netlink command) num.
func (s *Spec) OpOfReply(num int) *Op {
	var found *Op
	for i := range s.Ops {
		op := &s.Ops[i]
		if op.Ntf == int32(num) {
			return op // the name that an event goes by
		}
		if found == nil && (op.Do.Has && op.Do.Reply == int32(num) || op.Dump.Has && op.Dump.Reply == int32(num)) {
			found = op
		}
	}
	return found
}

// OpOfRequest finds the operation whose requests have the type num.
func (s *Spec) OpOfRequest(num int) *Op {
	for i := range s.Ops {
		op := &s.Ops[i]
		if op.Do.Has && op.Do.Request == int32(num) || op.Dump.Has && op.Dump.Request == int32(num) {
			return op
		}
	}
	return nil
}

// ByNum finds an attribute by its number.
func (s *Set) ByNum(num uint16) *Attr {
	a := s.Attrs
	if len(a) == 0 {
		return nil
	}
	// Most sets have no gaps: the attribute is where its number says.
	if i := int(num) - int(a[0].Num); i >= 0 && i < len(a) && a[i].Num == num {
		return &a[i]
	}
	i := sort.Search(len(a), func(i int) bool { return a[i].Num >= num })
	if i < len(a) && a[i].Num == num {
		return &a[i]
	}
	return nil
}

// Find finds an attribute by name, in the kernel's or in the scripts' spelling.
func (s *Set) Find(name string) *Attr {
	if a := s.byKey(name); a != nil {
		return a
	}
	if key := Key(name); key != name {
		if a := s.byKey(key); a != nil && a.Name == name {
			return a
		}
	}
	return nil
}

func (s *Set) byKey(key string) *Attr {
	lo, hi := 0, len(s.ByKey)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if a := &s.Attrs[s.ByKey[mid]]; a.Key < key {
			lo = mid + 1
		} else if a.Key == key {
			return a
		} else {
			hi = mid
		}
	}
	return nil
}

// Find finds a member by name, in the kernel's or in the scripts' spelling, or without the
// prefix that all members share.
func (s *Struct) Find(name string) *Member {
	for i := range s.Members {
		m := &s.Members[i]
		if m.Kind != KindPad && (m.Key == name || m.Name == name) {
			return m
		}
	}
	if s.Prefix == 0 {
		return nil
	}
	for i := range s.Members {
		if m := &s.Members[i]; m.Kind != KindPad && m.Short(s) == name {
			return m
		}
	}
	return nil
}

// Short is the key of m without the prefix that all members of st share.
func (m *Member) Short(st *Struct) string {
	if int(st.Prefix) < len(m.Key) {
		return m.Key[st.Prefix:]
	}
	return m.Key
}

// NameOf is the name of a value, "" if it has none.
func (e *Enum) NameOf(v int64) string {
	if v >= 0 && v < int64(len(e.Entries)) && e.Entries[v].Value == v {
		return e.Entries[v].Name // the usual case: no gap before it
	}
	for i := range e.Entries {
		if e.Entries[i].Value == v {
			return e.Entries[i].Name
		}
	}
	return ""
}

// ValueOf is the value of a name; `_` and `-` are the same, and letter case
// does not matter.
func (e *Enum) ValueOf(name string) (int64, bool) {
	for i := range e.Entries {
		if sameName(e.Entries[i].Name, name) {
			return e.Entries[i].Value, true
		}
	}
	return 0, false
}

// Names lists the entries' names in order.
func (e *Enum) Names() []string {
	names := make([]string, len(e.Entries))
	for i := range e.Entries {
		names[i] = e.Entries[i].Name
	}
	return names
}

func sameName(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i < len(a); i++ {
		if foldByte(a[i]) != foldByte(b[i]) {
			return false
		}
	}
	return true
}

func foldByte(c byte) byte {
	switch {
	case c == '_':
		return '-'
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return c
}
