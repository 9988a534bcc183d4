package builtins

import (
	"context"
	"fmt"
	"math"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/sock"
)

// scaled is how long a wait for events lasts on this machine: who knows it to
// be slow gives all of them more time at once (Config.TimeScale).
func (env *environ) scaled(d time.Duration) time.Duration {
	if env.scale == 1 || d <= 0 {
		return d
	}
	return time.Duration(min(max(1, float64(d)*env.scale), math.MaxInt64/2))
}

// patience is how long a call of the family waits for events.
func (f *family) patience(timeout time.Duration) time.Duration {
	if timeout == 0 {
		timeout = f.o.Timeout
	}
	if timeout == 0 {
		timeout = sock.DefaultTimeout
	}
	return f.env.scaled(timeout)
}

const barrierDoc = `waits until every event that was sent before the call has arrived; drain() then returns all of them

It sends a message that does nothing on the socket of the events, and reads up to its acknowledgement: the kernel keeps their
order. So a drain() is complete, whoever made the request, and one that is empty means that nothing was sent. What the
kernel puts off is not awaited: see settle.

Errors: of a protocol that acknowledges nothing (connector, usersock).

    ev = nl.open("route", groups = ["link"])
    nl.open("route").newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = "create")
    ev.barrier()
    print([e.op for e in ev.drain()])`

var barrierParams = []param{{"timeout", "duration = None", "how long to wait before it raises; that of the family by default"}}

func (f *family) barrier(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var timeout starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "timeout??", &timeout); err != nil {
		return nil, err
	}
	limit, err := duration(timeout)
	if err == nil {
		err = f.await(th, func(ctx context.Context) error { return f.f.Barrier(ctx, f.patience(limit)) })
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}

// await is for what reads the socket of the events.
func (f *family) await(th *starlark.Thread, fn func(ctx context.Context) error) error {
	if err := f.subscribed(); err != nil {
		return err
	}
	return f.waits.wait(th, fn)
}

// quietTime is how long settle wants silence: what the kernel hands to a work
// queue comes within a few milliseconds, on a slow machine too (docs/events.md).
const quietTime = 50 * time.Millisecond

const settleDoc = `waits until no event has come for a while; what has come is there for drain()

It is a barrier, and then waits for silence: some events come from work that the kernel puts off by milliseconds. For one that
is put off longer (the end of IPv6's address checks, a lost carrier: up to 2 s) wait for the event itself (@std//wait.star).

    ev = nl.open("route", groups = ["link"])
    rt.newlink(ifname = "br0", ifi_flags = "up", linkinfo = {"kind": "bridge"}, flags = "create")
    ev.settle()
    print([e.op for e in ev.drain()])`

var settleParams = []param{
	{"quiet", `duration = "50ms"`, "for how long nothing must have come"},
	{"timeout", "duration = None", "how long to wait before it raises; that of the family by default"},
}

func (f *family) settle(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var quiet, timeout starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "quiet??", &quiet, "timeout??", &timeout); err != nil {
		return nil, err
	}
	silence, err := durationOf("quiet", quiet)
	if silence == 0 {
		silence = quietTime
	}
	var limit time.Duration
	if err == nil {
		limit, err = duration(timeout)
	}
	if err == nil {
		err = f.await(th, func(ctx context.Context) error {
			return f.f.Settle(ctx, f.env.scaled(silence), f.patience(limit))
		})
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", fn.Name(), err)
	}
	return starlark.None, nil
}
