package builtins

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sort"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/redact"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/session"
)

// Config is what the builtins need from the program around them.
type Config struct {
	Registry *session.Registry
	Log      slog.Level // the least that log writes
	Terminal bool       // standard error is one: progress is shown

	// Redact holds the symbols of a scenario, nil in other programs. It watches
	// the registry, and messages are printed by it.
	Redact *redact.Table
	// Record predeclares record, what t.record of scenarios is made of; it needs
	// Redact.
	Record bool
	// Scenario makes the program a scenario, with need; its T is set.
	Scenario *Scenario

	TimeScale float64                      // what timeouts of waiting for events are multiplied by; 0 is 1
	Stop      func(*starlark.Thread) error // what breakpoint does; nil refuses it
	Tap       func(session.Tapped)         // sees every datagram of what is opened; see session.Trace

	Interactive bool        // predeclares what is for a session only: ls, find
	Color       func() bool // whether tables and hexdump may have colours now; nil is never
	Width       func() int  // of the terminal; nil for none
	Library     fs.FS       // the modules that help knows; nil for none
}

// Globals makes the predeclared names.
func Globals(c Config) starlark.StringDict {
	env := &environ{
		reg: c.Registry, shapes: map[shapeKey]*shape{}, here: map[hereKey]*family{}, log: c.Log, terminal: c.Terminal,
		scale: c.TimeScale, color: c.Color, width: c.Width, std: c.Library, stop: c.Stop,
	}
	if env.scale == 0 {
		env.scale = 1
	}
	if c.Tap != nil {
		c.Registry.Tap = c.Tap
	}
	if c.Redact != nil {
		env.red, c.Registry.Watcher = c.Redact, c.Redact
	}
	globals := starlark.StringDict{
		"help":    newFunc("help", helpDoc, helpParams, env.help),
		"hexdump": newFunc("hexdump", hexdumpDoc, hexdumpParams, env.hexdump),
		"nl":      env.nlModule(),
		"netns":   env.netnsModule(),
		"probe":   env.probeModule(),
		"pp":      newFunc("pp", ppDoc, ppParams, pp),

		"try_":    newFunc("try_", tryDoc, tryParams, try),
		"raise_":  newFunc("raise_", raiseDoc, raiseParams, raise),
		"scope":   newFunc("scope", scopeDoc, scopeParams, scope),
		"on_exit": newFunc("on_exit", onExitDoc, onExitParams, onExit),
		"spawn":   newFunc("spawn", spawnDoc, spawnParams, spawn),
		"yield_":  newFunc("yield_", yieldDoc, nil, yield),

		"breakpoint": newFunc("breakpoint", breakpointDoc, nil, env.breakpoint),

		"exec":       newFunc("exec", execDoc, execParams, execRun),
		"list_dir":   newFunc("list_dir", listDirDoc, listDirParams, listDir),
		"read_link":  newFunc("read_link", readLinkDoc, readLinkParams, readLink),
		"read_file":  newFunc("read_file", readFileDoc, readFileParams, readFile),
		"write_file": newFunc("write_file", writeFileDoc, writeFileParams, writeFile),
		"env":        environment(),
		"flag":       flagModule(),
		"sleep":      newFunc("sleep", sleepDoc, sleepParams, sleep),
		"log":        env.logModule(),
		"progress":   newFunc("progress", progressDoc, progressParams, env.progress),
	}
	if c.Redact != nil && c.Record {
		globals["record"] = env.recordFunc("record", recordDoc)
	}
	if c.Interactive {
		globals["ls"] = newFunc("ls", lsDoc, lsParams, env.ls)
		globals["find"] = newFunc("find", findDoc, findParams, env.find)
	}
	if c.Scenario != nil {
		t := &scenarioValue{env: env, s: *c.Scenario}
		c.Scenario.T = t
		globals["need"] = newFunc("need", needDoc, needParams, t.need)
	}
	for name, v := range pure(env.scale) {
		globals[name] = v
	}
	return globals
}

// environ is what the builtins of one interpreter share.
type environ struct {
	reg    *session.Registry
	red    *redact.Table // nil where values are printed as they are
	shapes map[shapeKey]*shape
	here   map[hereKey]*family
	turn   uint        // of nl.select, which begins with another source each time
	host   *netnsValue // the namespace of the start, nil until somebody leaves it

	log      slog.Level // the least that is written
	terminal bool
	color    func() bool // of what is for people; may be nil
	width    func() int
	std      fs.FS
	scale    float64 // of the time that waiting for events may take
	stop     func(*starlark.Thread) error
	bar      *bar // of the innermost loop that shows its progress
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
	op     *operation // of a form of it; nil otherwise
}

type funcBody func(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error)

func newFunc(name, doc string, params []param, body funcBody) *Func {
	return &Func{Builtin: starlark.NewBuiltin(name, tidied(advised(body, params))), doc: doc, params: params}
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
		if v, err := m.lookup(name); v != nil || err != nil {
			return v, err
		}
	}
	return nil, m.noMember(name)
}

// noMember is the error for a name that the module does not have.
func (m *module) noMember(name string) error {
	return noAttr(m.name, name, m.AttrNames())
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

// fewNames is how many names are all listed where none is near.
const fewNames = 12

// noAttr is the error for an attribute that a value does not have. The first
// word of typ is its type, or the name of a module.
func noAttr(typ, name string, names []string) error {
	kind, _, _ := strings.Cut(typ, " ")
	hint := Meant(kind + "." + name)
	if hint == "" {
		hint = schema.Suggest(name, names)
	}
	if hint == "" && len(names) <= fewNames {
		hint = "it has " + strings.Join(names, ", ")
	}
	if hint == "" && kind == "family" {
		hint = "help(family) lists its operations"
	}
	msg := fmt.Sprintf("%s has no attribute %q", typ, name)
	if hint != "" {
		msg += " (" + hint + ")"
	}
	return errors.New(msg)
}
