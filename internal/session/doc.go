// Package session joins schemas and sockets: families, operations, messages
// and errors, without any Starlark. Everything nlsh can do can be done, and
// tested, from plain Go:
//
//	reg := session.NewRegistry(specs.All(), specs.Errata())
//	rt, err := reg.Open(ctx, "route", session.Options{})
//	defer rt.Close()
//	op, err := rt.Op("getlink")
//	req, err := op.Build(session.Do, schema.Of(map[string]any{"ifname": "lo"}).Fields(), 0)
//	reply, err := rt.Do(ctx, req, session.CallOptions{})
//	mtu, _, _ := reply.Msgs[0].Get("mtu")
//
// Errors of the kernel are *[Error]: errno, the kernel's own text, the path of
// the attribute it points at, the policy it states, what it misses. A path is
// the kernel's claim: without an offset there is none, and it is never guessed.
//
// A dump is complete or an error. Where the kernel has no handler for the
// address family that was asked for it answers for all families and says
// nothing (rtnl_dump_all); that is an error here too.
//
// A Family is for one goroutine at a time.
package session
