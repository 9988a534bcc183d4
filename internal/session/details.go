package session

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/nlsh/nlsh/internal/wire"
)

const (
	windowLen = 16 // bytes of the request that are shown
	lead      = 4  // of them, before the mark
)

// Details shows the bytes of the request that the kernel points at, with a mark under them:
//
//	0028: 08 00 02 00 08 00 01 00 00 00 00 01
//	                  ^^^^^^^^^^^^^^^^^^^^^^^ linkinfo.data.id, 8 of 52 bytes
//
// There are none if it points nowhere.
func (e *Error) Details() []string {
	if e.Request == nil {
		return nil
	}
	msg, off, label := e.Request.Bytes, e.Ext.Offset, e.Path
	if off < 0 && e.Missing != "" {
		off, label = e.Ext.MissingNest, "lacks "+e.Missing
	}
	if off < 0 || off >= len(msg) {
		return nil
	}
	from := max(0, off-lead)
	to := min(len(msg), from+windowLen)
	marked := min(e.extent(off), to-off)
	hex := fmt.Sprintf("%04x: % x", from, msg[from:to])
	if to < len(msg) {
		hex += " ..."
	}
	mark := strings.Repeat(" ", len("0000: ")+3*(off-from)) + strings.Repeat("^", 3*marked-1)
	if label != "" {
		label += ", "
	}
	return []string{hex, fmt.Sprintf("%s %sat %d, %d of %d bytes", mark, label, off, e.extent(off), len(msg))}
}

// extent is how many bytes from off on are meant: all of an attribute, where there is one.
func (e *Error) extent(off int) int {
	msg := e.Request.Bytes
	_, marked := e.Request.marks.PathAt(off)
	if at, ok := e.Request.locate(off); !marked && !(ok && at.Exact) || off+wire.AttrHeaderLen > len(msg) {
		return 1
	}
	n := int(binary.NativeEndian.Uint16(msg[off:]))
	if n < wire.AttrHeaderLen || off+n > len(msg) {
		return 1
	}
	return n
}
