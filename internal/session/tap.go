package session

import (
	"bytes"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/sock"
	"github.com/nlsh/nlsh/internal/wire"
)

// Tapped is a datagram on its way, and whose it is.
type Tapped struct {
	sock.Tapped
	Family string // as it was opened
	NetNS  uint64 // inode of the namespace of the socket, 0 if that is not known
}

// dial opens a socket where the caller is, with the tap in it.
func (r *Registry) dial(family string, o sock.Options) (*sock.Conn, error) {
	if tap := r.Tap; tap != nil {
		where := netnsInode()
		o.Tap = func(t sock.Tapped) { tap(Tapped{t, family, where}) }
	}
	return r.open(o)
}

// open opens a socket where the caller is.
func (r *Registry) open(o sock.Options) (*sock.Conn, error) {
	if r.Dial != nil {
		return r.Dial(o)
	}
	return sock.Open(o)
}

// netnsInode names the namespace of the calling thread.
func netnsInode() uint64 {
	ns, err := netns.Current()
	if err != nil {
		return 0
	}
	defer ns.Close()
	return ns.Inode()
}

// Trace collects what a tap sees: Registry.Tap = trace.Add. The zero Trace
// keeps everything.
type Trace struct {
	Limit int // bytes of messages that are kept, 0 is all; what comes later is only counted

	mu      sync.Mutex
	list    []Tapped
	size    int
	dropped int
}

// Add keeps a datagram, and a copy of its bytes.
func (t *Trace) Add(m Tapped) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.Limit > 0 && t.size+len(m.Data) > t.Limit {
		t.dropped++
		return
	}
	t.size += len(m.Data)
	m.Data = bytes.Clone(m.Data)
	t.list = append(t.list, m)
}

// Take returns what was collected, in the order in which it came, and how many
// datagrams there was no room for; it begins anew.
func (t *Trace) Take() (list []Tapped, dropped int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	list, dropped = t.list, t.dropped
	t.list, t.size, t.dropped = nil, 0, 0
	return list, dropped
}

// SpecsOf lists the specs that a message of the datagram may be of, none where nothing is known. A socket of a generic netlink family
// asks the controller for its number first.
func (t *Tapped) SpecsOf(reg *Registry, msg []byte) []*schema.Spec {
	name := t.Family
	if t.Proto == unix.NETLINK_GENERIC && len(msg) >= wire.HeaderLen && wire.ParseHeader(msg).Type == genlCtrlID {
		name = controllerName
	}
	specs, err := reg.SpecsOf(name)
	if err != nil {
		return nil
	}
	return specs
}

// Answer reads a whole message of type NLMSG_ERROR or NLMSG_DONE: errno 0 is success.
func (r *Registry) Answer(msg []byte) (errno syscall.Errno, ext Extack, err error) {
	ack, err := wire.ParseAck(msg)
	if err != nil {
		return 0, Extack{Offset: -1, Missing: -1, MissingNest: -1}, err
	}
	return syscall.Errno(ack.Errno), r.extack(ack.TLVs), nil
}
