package redact

import (
	"fmt"
	"sync"

	"github.com/nlsh/nlsh/internal/schema"
)

// Table is the symbols of one scenario. Its methods may be called by several
// tasks at once.
type Table struct {
	mu      sync.Mutex
	things  map[key]*thing
	counts  map[string]int                   // of each class: the last number given
	names   map[place]string                 // of interfaces: the first name that each had
	taken   map[named]int                    // how many interfaces of a namespace have a symbol by this name
	tails   map[[3]byte]key                  // whose last three bytes these are: what multicast addresses are made of
	origins map[uint64]uint32                // by cookie
	ask     map[uint32][]func(uint32) string // who knows names of interfaces
	foreign map[foreignKey]uint32            // by id in another namespace
	last    uint32                           // the last number of a namespace
	has     map[*schema.Set]interfaces       // what sets say of interfaces
}

// key is a value that may have a symbol. Values of one class are told apart by
// their text, indexes and ids of namespaces also by where they count.
type key struct {
	class  string
	origin uint32
	val    string
}

// thing is what is known of a value.
type thing struct {
	literal bool   // the script supplied it
	symbol  string // "" until it is written for the first time
}

// place is an interface: an index in a namespace.
type place struct{ origin, index uint32 }

type named struct {
	origin uint32
	name   string
}

type foreignKey struct {
	origin uint32
	nsid   int32
}

// NewTable makes the table of a scenario that has not begun.
func NewTable() *Table {
	return &Table{
		things: map[key]*thing{}, counts: map[string]int{}, names: map[place]string{}, taken: map[named]int{},
		tails: map[[3]byte]key{}, origins: map[uint64]uint32{}, ask: map[uint32][]func(uint32) string{}, foreign: map[foreignKey]uint32{}, has: map[*schema.Set]interfaces{},
	}
}

// Origin numbers a namespace by its cookie; one that the kernel does not tell
// is 0, which all such share. name is asked where no message has told the name of
// an interface; it may be nil.
func (t *Table) Origin(cookie uint64, name func(index uint32) string) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if cookie == 0 {
		return 0
	}
	if t.origins[cookie] == 0 {
		t.last++
		t.origins[cookie] = t.last
	}
	n := t.origins[cookie]
	if name != nil {
		t.ask[n] = append(t.ask[n], name)
	}
	return n
}

// Foreign numbers the namespace that has an id in another.
func (t *Table) Foreign(origin uint32, nsid int32) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.elsewhere(origin, nsid)
}

func (t *Table) elsewhere(origin uint32, nsid int32) uint32 {
	k := foreignKey{origin, nsid}
	if t.foreign[k] == 0 {
		t.last++
		t.foreign[k] = t.last
	}
	return t.foreign[k]
}

// Sent learns from a request: what is in it and was not seen before is the
// script's own.
func (t *Table) Sent(m *schema.Msg) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.learn(m, true)
}

// Seen learns from a message of the kernel: names of interfaces, and that its
// values are not the script's.
func (t *Table) Seen(m *schema.Msg) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.learn(m, false)
}

// Named learns the index of a name that the script gave.
func (t *Table) Named(origin, index uint32, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.name(origin, index, name)
	t.note(key{classIf, origin, fmt.Sprint(index)}, false)
}

// name keeps the first name of an interface: a later one would give it another
// symbol.
func (t *Table) name(origin, index uint32, name string) {
	if p := (place{origin, index}); index != 0 && name != "" && t.names[p] == "" {
		t.names[p] = name
	}
}

// nameOf is the first name of an interface, the present one where no message
// had any.
func (t *Table) nameOf(p place) string {
	for i := 0; p.index != 0 && t.names[p] == "" && i < len(t.ask[p.origin]); i++ {
		t.name(p.origin, p.index, t.ask[p.origin][i](p.index))
	}
	return t.names[p]
}

// note remembers who a value is from; the first to say it has the word.
func (t *Table) note(k key, literal bool) *thing {
	th := t.things[k]
	if th == nil {
		th = &thing{literal: literal}
		t.things[k] = th
	}
	return th
}

// symbol writes what has an identity. Without assign a value that has no symbol
// yet gets none: that is for sorting.
func (t *Table) symbol(k key, literal string, assign bool) (text string, redacted bool) {
	th := t.things[k]
	switch {
	case th != nil && th.literal:
		return literal, false
	case th != nil && th.symbol != "":
		return th.symbol, true
	}
	var index uint32
	if k.class == classIf {
		_, _ = fmt.Sscan(k.val, &index)
	}
	name := t.nameOf(place{k.origin, index})
	if !assign {
		if name != "" {
			return "<if:" + name + ">", true
		}
		return "<" + k.class + "#?>", true
	}
	th = t.note(k, false)
	if name == "" {
		t.counts[k.class]++
		th.symbol = fmt.Sprintf("<%s#%d>", k.class, t.counts[k.class])
		return th.symbol, true
	}
	at := named{k.origin, name}
	t.taken[at]++
	th.symbol = "<if:" + name + ">"
	if n := t.taken[at]; n > 1 { // another interface had the name before
		th.symbol = fmt.Sprintf("<if:%s#%d>", name, n)
	}
	return th.symbol, true
}
