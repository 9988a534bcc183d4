package builtins

import (
	"fmt"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/session"
)

const hereDoc = `returns a family in the namespace that the script is in now, opened when it is first needed there

It is for libraries, whose own variables are frozen and so cannot keep a socket: each call finds the same one again, and
after netns.enter or inside netns.run the one of that namespace. Closing it is allowed; the next call opens another.

    def links():
        return nl.here("route").getlink.dump()`

var hereParams = []param{{"name", "string", `as for nl.open: protocol, spec or generic netlink family`}}

// hereKey is what the families of nl.here are kept by. A namespace that a
// socket is open in is not freed, so its inode names it for as long.
type hereKey struct {
	name  string
	inode uint64
}

func (env *environ) nlHere(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var name string
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "name", &name); err != nil {
		return nil, err
	}
	ns, err := netns.Current()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	key := hereKey{name, ns.Inode()}
	_ = ns.Close() // only its number was wanted
	if f := env.here[key]; f != nil && !f.f.Closed() {
		return f, nil
	}
	f, err := env.openFamily(th, name, session.Options{})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	env.here[key] = f
	return f, nil
}
