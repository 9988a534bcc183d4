// Package repl is the interactive shell: it reads what is typed, runs it on a host, and shows what comes out. It is handed the names of the
// language and knows nothing of netlink.
//
//	code := repl.Run(ctx, repl.Options{Host: h, Editor: editor})
package repl
