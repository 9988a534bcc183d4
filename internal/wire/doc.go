// Package wire reads and writes the bytes of netlink: message headers,
// attributes, alignment and byte order. It makes no system call and knows no
// protocol: numbers go in and come out, names are the business of
// internal/schema.
//
// Reading never copies and never allocates. Walk a datagram with [Messages]
// and a message body with [Attrs]:
//
//	it := wire.WalkMessages(datagram)
//	for it.Next() {
//		at := wire.WalkAttrs(it.Body()[headerLen:])
//		for at.Next() {
//			use(at.Attr.Num(), at.Attr.Data)
//		}
//	}
//
// Input is never trusted: whatever the bytes are, a walk ends, and Err says
// with a [FormatError] where they stopped making sense.
//
// Writing appends to one flat buffer; a nest is patched when it closes. See
// [Builder].
//
// Traps this package takes care of: the last attribute or message of a buffer
// may lack its padding; the two top bits of an attribute's type are flags; a
// payload is at most 65,531 bytes because its length field has 16 bits.
package wire
