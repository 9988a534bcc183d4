package session

import (
	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
)

// Watcher is told of every message that the families of a registry exchange,
// as they are sent and received: scenarios learn from it what values mean. It is
// called by whichever task makes the call, and must not keep the bytes.
type Watcher interface {
	// Origin numbers a network namespace by its cookie. Messages from there
	// have the number (schema.Msg.Origin); 0 is unknown. name tells what an
	// interface there is called at present, "" if it cannot.
	Origin(cookie uint64, name func(index uint32) string) uint32
	// Foreign numbers the namespace that has an id in another.
	Foreign(origin uint32, nsid int32) uint32
	// Sent is told of a request, before it is sent.
	Sent(m *schema.Msg)
	// Seen is told of a message that came.
	Seen(m *schema.Msg)
	// Named is told of an interface whose index was looked up for a request,
	// and of its name.
	Named(origin, index uint32, name string)
}

// watched notes, when a family has been opened, where its messages come from.
func (f *Family) watched() {
	if w := f.reg.Watcher; w != nil {
		f.origin = w.Origin(netnsCookie(f.conn), f.ifname)
	}
}

// ifname asks for the name of an interface in the namespace of the socket.
func (f *Family) ifname(index uint32) string {
	if f.Closed() {
		return ""
	}
	req, err := unix.NewIfreq("")
	if err != nil {
		return ""
	}
	req.SetUint32(index)
	if unix.IoctlIfreq(f.conn.FD(), unix.SIOCGIFNAME, req) != nil {
		return ""
	}
	return req.Name()
}

// netnsCookie is a number that the namespace of a socket has alone, as long as
// the kernel runs; 0 where the kernel does not tell it.
//
// Since v5.14 (kernel commit e8b9eab99232 "net: retrieve netns cookie via getsocketopt").
func netnsCookie(c *sock.Conn) uint64 {
	cookie, err := unix.GetsockoptUint64(c.FD(), unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err != nil {
		return 0
	}
	return cookie
}

func (f *Family) sent(reqs ...*Request) {
	w := f.reg.Watcher
	if w == nil {
		return
	}
	for _, r := range reqs {
		m := r.Msg()
		m.Origin = f.origin
		w.Sent(m)
	}
}

func (f *Family) seen(m *schema.Msg) {
	if w := f.reg.Watcher; w != nil {
		w.Seen(m)
	}
}

// seenDump shows a whole dump, which the script may look at in any order.
func (d *Dumped) seen() {
	if d.family.reg.Watcher == nil {
		return
	}
	for i := range d.Len() {
		m := d.Msg(i)
		d.family.seen(&m)
	}
}

// foreign is the origin of an event from the namespace with an id.
func (f *Family) foreign(nsid int32) uint32 {
	if w := f.reg.Watcher; w != nil && nsid >= 0 {
		return w.Foreign(f.origin, nsid)
	}
	return f.origin
}
