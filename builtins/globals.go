package builtins

import (
	"fmt"
	"log/slog"
	"sort"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// Config is what the builtins need from the program around them.
type Config struct {
	Registry *session.Registry
	Log      slog.Level // the least that log writes
	Terminal bool       // standard error is one: progress is shown

	TimeScale float64              // what timeouts of waiting for events are multiplied by; 0 is 1
	Tap       func(session.Tapped) // sees every datagram of what is opened; see session.Trace
}

// Globals makes the predeclared names.
func Globals(c Config) starlark.StringDict {
	env := &environ{
		reg: c.Registry, shapes: map[shapeKey]*shape{}, here: map[hereKey]*family{}, log: c.Log, terminal: c.Terminal,
		scale: c.TimeScale,
	}
	if env.scale == 0 {
		env.scale = 1
	}
	if c.Tap != nil {
		c.Registry.Tap = c.Tap
	}
	globals := starlark.StringDict{
		"help":    newFunc("help", helpDoc, helpParams, env.help),
		"hexdump": newFunc("hexdump", hexdumpDoc, hexdumpParams, env.hexdump),
		"nl":      env.nlModule(),
		"netns":   env.netnsModule(),
		"pp":      newFunc("pp", ppDoc, ppParams, pp),

		"try_":    newFunc("try_", tryDoc, tryParams, try),
		"raise_":  newFunc("raise_", raiseDoc, raiseParams, raise),
		"scope":   newFunc("scope", scopeDoc, scopeParams, scope),
		"on_exit": newFunc("on_exit", onExitDoc, onExitParams, onExit),
		"spawn":   newFunc("spawn", spawnDoc, spawnParams, spawn),
		"yield_":  newFunc("yield_", yieldDoc, nil, yield),

		"exec":       newFunc("exec", execDoc, execParams, execRun),
		"read_file":  newFunc("read_file", readFileDoc, readFileParams, readFile),
		"write_file": newFunc("write_file", writeFileDoc, writeFileParams, writeFile),
		"env":        environment(),
		"flag":       flagModule(),
		"sleep":      newFunc("sleep", sleepDoc, sleepParams, sleep),
		"log":        env.logModule(),
		"progress":   newFunc("progress", progressDoc, progressParams, env.progress),
	}
	for name, v := range pure(env.scale) {
		globals[name] = v
	}
	return globals
}

// environ is what the builtins of one interpreter share.
type environ struct {
	reg    *session.Registry
	shapes map[shapeKey]*shape
	here   map[hereKey]*family
	turn   uint        // of nl.select, which begins with another source each time
	host   *netnsValue // the namespace of the start, nil until somebody leaves it

	log      slog.Level // the least that is written
	terminal bool
	scale    float64 // of the time that waiting for events may take
	bar      *bar    // of the innermost loop that shows its progress
}

// param is one parameter of a builtin, for people. The name is that in
// UnpackArgs, or "*args, **kwargs". The type of one that may be left out says
// what it then is: "string = None".
type param struct {
	name, typ, doc string
}

// Func is a builtin with its documentation: one object serves the call, help
// and the reference. The doc is a line, then paragraphs: "Returns ...",
// "Errors: ...", an indented one is the example, the others are details.
type Func struct {
	*starlark.Builtin
	doc    string
	params []param
}

type funcBody func(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error)

func newFunc(name, doc string, params []param, body funcBody) *Func {
	return &Func{Builtin: starlark.NewBuiltin(name, tidied(body)), doc: doc, params: params}
}

// Doc is what the builtin does.
func (f *Func) Doc() string { return f.doc }

// Params lists the parameters as name, type and meaning.
func (f *Func) Params() [][3]string {
	var list [][3]string
	for _, p := range f.params {
		list = append(list, [3]string{p.name, p.typ, p.doc})
	}
	return list
}

// module is a namespace of builtins. Unlike a struct it may compute a member
// when it is asked for. about documents the members that are no builtins.
type module struct {
	name    string
	doc     string
	about   []attribute
	members starlark.StringDict
	dynamic map[string]func() (starlark.Value, error)
	lookup  func(name string) (starlark.Value, error) // members too many to list
}

func (m *module) String() string        { return "<module " + m.name + ">" }
func (m *module) Type() string          { return "module" }
func (m *module) Freeze()               {}
func (m *module) Truth() starlark.Bool  { return true }
func (m *module) Hash() (uint32, error) { return 0, fmt.Errorf("unhashable: module") }

// Attr finds a member.
func (m *module) Attr(name string) (starlark.Value, error) {
	if get := m.dynamic[name]; get != nil {
		return get()
	}
	if v := m.members[name]; v != nil {
		return v, nil
	}
	if m.lookup != nil {
		return m.lookup(name)
	}
	return nil, nil
}

// AttrNames lists the members, but not what lookup finds.
func (m *module) AttrNames() []string {
	names := m.members.Keys()
	for name := range m.dynamic {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// noAttr is the error for an attribute that a value does not have.
func noAttr(typ, name string, names []string) error {
	msg := fmt.Sprintf("%s has no attribute %q", typ, name)
	if hint := schema.Suggest(name, names); hint != "" {
		msg += " (" + hint + ")"
	}
	return fmt.Errorf("%s", msg)
}
