// Package builtins is the modules of the language: it unpacks arguments, calls
// the packages below, and wraps their errors. It never talks to the kernel
// itself. One file and one table of members for each module: nl.go, netns.go.
//
//	globals := builtins.Globals(builtins.Config{Registry: reg})
//
// The values it adds to Starlark are message (a schema over raw bytes, decoded
// field by field when asked for), dump and stream (messages of a dump, kept or
// not), family and operation, netns, outcome and error.
//
// Traps: a leaf must be a plain Starlark scalar, because == across types is
// always False and calls nobody; no Type() may be the name of a Starlark
// builtin; an iterator cannot return an error, so it raises at the loop (see
// package host).
package builtins
