// Package redact writes messages for golden files: text that is the same in
// every run, on every machine and on every kernel of interest, and still says
// what can be told apart.
//
// What a value means is known from the row that describes it (schema.Row: role,
// display hint, since), never from its looks:
//
//   - an identity that the kernel chose, an ifindex, a MAC, a port id, becomes a symbol:
//     <if:v0>, <mac#1>. The same value is the same symbol, another value another one.
//   - a clock, a counter, what depends on the machine, what older kernels do not have, is left out, unless it
//     is asked for.
//   - what the script itself supplied in a request stays as it is.
//
// A [Table] holds the symbols of one scenario. It is a session.Watcher, so that it learns from all traffic
// what is what; reading and writing are a [Node], a tree of what a value consists of, and [Table.Render].
//
// It refuses to look at text: a volatile number that a script has turned into a string stays what it is.
//
// Trap: symbols are numbered as they are written, so the order of writing counts. Lists that the schema calls
// unordered are sorted before any of their values gets a number.
package redact
