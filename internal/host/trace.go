package host

import (
	"fmt"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// Stack returns the call stack where an error began, the innermost call last, or nil.
func Stack(err error) starlark.CallStack { return analyse(err).stack() }

// A trace is what a chain of errors says, in the order in which it is displayed.
type trace struct {
	segments []starlark.CallStack // outermost first: each call stack continues none of the others
	msg      string
	fixed    bool           // msg is what is to be shown, whatever lies below
	problems []syntax.Error // in the text of a program, instead of msg
}

// analyse walks down a chain of errors. The interpreter wraps an error at each boundary (a load,
// a builtin that calls back) together with the stack of that moment, so the deepest stack is where
// it began, and mostly it contains those above. The text is the outermost, which has what
// builtins added on the way up; but a load adds nothing that the trace does not say.
func analyse(err error) *trace {
	t := &trace{}
	fresh := true // take the next text
	for err != nil {
		if fresh && !t.fixed {
			t.msg = err.Error()
		}
		fresh = false
		switch e := err.(type) {
		case *starlark.EvalError:
			t.push(e.CallStack)
			t.trim(e)
		case *raised:
			t.push(e.stack)
		case *taskError:
			t.push(e.stack)
		case *Interrupted:
			t.fixed = true
			err = e.err
			continue
		case *loadError:
			fresh = true
		case syntax.Error:
			t.problems = []syntax.Error{e}
		case resolve.ErrorList:
			for _, p := range e {
				t.problems = append(t.problems, syntax.Error(p))
			}
		}
		err = below(err)
	}
	return t
}

// below returns the next error of the chain; of several, the first.
func below(err error) error {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return e.Unwrap()
	case interface{ Unwrap() []error }:
		if errs := e.Unwrap(); len(errs) > 0 {
			return errs[0]
		}
	}
	return nil
}

func (t *trace) push(stack starlark.CallStack) {
	if len(stack) > 0 && stack[0].Name == debugName {
		stack = stack[1:]
	}
	if n := len(t.segments); n > 0 && continues(stack, t.segments[n-1]) {
		t.segments[n-1] = stack
		return
	}
	t.segments = append(t.segments, stack)
}

// continues says whether stack goes on from where prefix stands.
func continues(stack, prefix starlark.CallStack) bool {
	if len(stack) < len(prefix) {
		return false
	}
	for i := range prefix {
		if stack[i] != prefix[i] {
			// Positions hold a pointer to the file name, which differs between equal names.
			if stack[i].Name != prefix[i].Name || stack[i].Pos.String() != prefix[i].Pos.String() {
				return false
			}
		}
	}
	return true
}

// trim takes out of the text what only the interpreter says.
func (t *trace) trim(e *starlark.EvalError) {
	clean := e.Msg
	if n := len(e.CallStack); n > 0 && e.CallStack[n-1].Name == "fail" {
		clean = strings.TrimPrefix(clean, "fail: ")
	}
	switch clean {
	case "Starlark stack overflow":
		clean = "stack overflow: calls are nested more than 100000 deep"
	case "Starlark computation cancelled: " + interruptReason:
		clean = "interrupted"
	}
	if clean != e.Msg && !t.fixed {
		t.msg = strings.Replace(t.msg, e.Msg, clean, 1)
	}
}

func (t *trace) stack() starlark.CallStack {
	if len(t.segments) == 0 {
		return nil
	}
	return t.segments[len(t.segments)-1]
}

// A site is a place in a program on the way to an error.
type site struct {
	pos   syntax.Position
	where string // "in f" or "at top level"
	link  string // how the site above it in the display was reached: "called from", "loaded by"
}

func plainLink(link string) bool { return link == "called from" || link == "loaded by" }

// linkBy is the link to whoever called a builtin that called on.
func linkBy(builtin string) string {
	switch builtin {
	case "spawn":
		return "spawned from"
	case "task.join":
		return "joined from"
	case "raise_":
		return "raised again from"
	}
	return fmt.Sprintf("called by %s from", builtin)
}

// Trace returns the places on the way to an error, the innermost first: "x.star:7:11: in make".
func Trace(err error) []string {
	var lines []string
	for i, s := range analyse(err).sites() {
		line := fmt.Sprintf("%s: %s", s.pos, s.where)
		if i > 0 && s.link != "called from" {
			line = s.link + " " + line
		}
		lines = append(lines, line)
	}
	return lines
}

// sites returns the places of all stacks, innermost first. Builtins have no place in a
// program: the one where the error began is left out, as its text names it, and one
// further out is named in the link.
func (t *trace) sites() []site {
	var out []site
	link := "called from"
	for s := len(t.segments) - 1; s >= 0; s-- {
		stack := t.segments[s]
		for i := len(stack) - 1; i >= 0; i-- {
			fr := stack[i]
			if !fr.Pos.IsValid() || fr.Pos.Filename() == "<builtin>" {
				if len(out) > 0 && plainLink(link) { // of several builtins the innermost
					link = linkBy(fr.Name)
				}
				continue
			}
			here := site{pos: fr.Pos, where: "in " + fr.Name, link: link}
			link = "called from"
			if fr.Name == "<toplevel>" || fr.Name == "<expr>" {
				here.where, link = "at top level", "loaded by"
			}
			out = append(out, here)
		}
	}
	return out
}
