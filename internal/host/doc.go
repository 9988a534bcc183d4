// Package host runs Starlark for nlsh: threads and their cancellation, load, the owners of
// resources, standard output, and the display of errors. It knows nothing about netlink and
// nothing about any builtin: the globals are handed to New.
//
//	h := host.New(host.Options{Globals: globals, Stdout: os.Stdout, Std: stdlib.FS()})
//	owner := host.NewOwner("script", nil)
//	err := h.Run(host.Job{Context: ctx, Owner: owner}, func(th *starlark.Thread) error {
//		_, err := h.Exec(th, src)
//		return err
//	})
//	err = errors.Join(err, owner.Close(), h.Flush())
//	io.WriteString(os.Stderr, host.Format(err, false))
//
// # For writers of builtins
//
// A builtin is given a thread, and asks the host through it: Context for cancellation, OwnerOf
// for the owner of what it opens, Stdout to print, Blocking around everything that waits.
//
// Traps:
//   - An Iterator cannot return an error. Its Next calls Raise, and the error then appears at the
//     loop. Every builtin that itself iterates over a value must call Pending after its loop,
//     or it works on a truncated input.
//   - A value outlives the thread it was made on and may be iterated on another one (a task).
//     So an iterator raises on Current(thread it was made with).
//   - A builtin that catches errors uses Call instead of starlark.Call, and gives back
//     whatever Uncatchable says must not be caught.
//   - The globals of the main script are not frozen, those of a loaded module are.
package host
