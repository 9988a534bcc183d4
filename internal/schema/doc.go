// Package schema holds protocol facts as data and turns bytes into values and
// back by them: the model of a spec, one decoder, one encoder. It opens no
// socket and knows no protocol: code here switches on kinds (u32, nest,
// sub-message), never on a name.
//
// A [Spec] is plain data without pointers between its parts: sets, structs and
// enums refer to one another by index ([Ref]), so a generated table is laid
// out by the linker and costs nothing at start-up, and recursive sets need no
// care.
//
// A [Msg] is a schema over raw bytes. Nothing is decoded before it is asked
// for, and nothing is lost: what no row explains, an attribute nobody heard
// of, an enum value without a name, a payload of a wrong length, stays as a
// number or as bytes, and encodes to what it was.
//
//	m := schema.Msg{Spec: spec, Header: hdr, Set: set, Data: body}
//	v, ok, err := m.Get("mtu")
//
// Encoding is liberal in what it takes (a name or a number, "up|running" or a
// list, a map or a message for a nest) and says what it wanted otherwise, with
// the path of the value: see [Error].
//
// Traps: structs have natural C alignment, whatever the YNL documentation
// says; header members and attributes may share a name and are kept apart; a
// selector may come after the payload that it selects for.
package schema
