package builtins

import (
	"strings"

	"go.starlark.net/starlark"
)

// methodsOf documents the methods in a table.
func methodsOf(members starlark.StringDict) []attribute {
	var list []attribute
	for _, name := range members.Keys() {
		if f, ok := members[name].(*Func); ok {
			list = append(list, attribute{name: name, typ: method, doc: f.doc, params: f.params})
		}
	}
	return list
}

func regexpMethods() []attribute {
	var list []attribute
	for _, f := range reFuncs() {
		list = append(list, attribute{name: f.name, typ: method, doc: strings.ReplaceAll(f.doc, "$", "re."), params: f.params})
	}
	return list
}

func socketMethods() []attribute {
	var list []attribute
	for _, m := range (&socket{}).methods() {
		list = append(list, attribute{name: m.name, typ: method, doc: m.doc, params: m.params})
	}
	return list
}

// serviceTypes are the types of values that are no messages: what tasks,
// programs, servers, sockets and patterns make.
//
// Long: it is a table.
func serviceTypes() []typeDoc {
	return []typeDoc{
		{name: "call", doc: "the request that a handler of a server answers", attrs: []attribute{
			{name: "dump", typ: "bool", doc: "whether everything is asked for"},
			{name: "flags", typ: "int", doc: "flags of the message header"},
			{name: "op", typ: "string", doc: "name of the operation"},
			{name: "port", typ: "int", doc: "port id of the client"},
			{name: "seq", typ: "int", doc: "sequence number"},
		}},
		{name: "event", doc: "a message that was multicast, or a gap; fields of the message are attributes of it", open: true, attrs: []attribute{
			{name: "from_group", typ: "string or int", doc: "the group it was sent to"},
			{name: "from_nsid", typ: "int", doc: "id of the namespace it is from, None for the socket's own"},
			{name: "from_port", typ: "int", doc: "port id of the sender; 0 is the kernel"},
			{name: "kind", typ: "string", doc: "event, or overrun for a gap"},
			{name: "lost", typ: "int", doc: "how many events the gap has swallowed"},
			{name: "msg", typ: "message", doc: "the message, None for a gap"},
			{name: "op", typ: "string", doc: "what happened: newlink"},
		}},
		{name: "generator", doc: "random values of a seed; it has what the module random has",
			attrs: methodsOf(newGenerator("generator", "", [32]byte{}).methods)},
		{name: "listener", doc: "a socket that sends back what comes, beside the script", attrs: []attribute{
			{name: "addr", typ: "string", doc: "where it listens"},
			{name: "close", typ: method, doc: listenerCloseDoc},
			{name: "count", typ: "int", doc: "how many connections or datagrams have come"},
			{name: "peers", typ: "list of tuples", doc: "(address, port) of each of the first thousand"},
			{name: "port", typ: "int", doc: "where it listens"},
		}},
		{name: "probe_result", doc: "what became of a probe; true if it was answered", attrs: []attribute{
			{name: "data", typ: "bytes", doc: "what came back"},
			{name: "error", typ: "string", doc: `"timeout", or the name of the errno (ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EMSGSIZE); None if it went well`},
			{name: "icmp", typ: "tuple", doc: "type and code of the ICMP message that refused, such as (11, 0) where the time to live was over; None without one"},
			{name: "mtu", typ: "int", doc: "with EMSGSIZE, what fits; None otherwise"},
			{name: "ok", typ: "bool", doc: "whether it was answered"},
			{name: "rtt", typ: "float", doc: "seconds that the exchange took; it is not in the text of the result"},
			{name: "sender", typ: "string", doc: "who answered, or refused on the way; None where nobody is known to"},
			{name: "source", typ: "string", doc: "the address that it came from"},
			{name: "source_port", typ: "int", doc: "the port that it came from; of ping the identifier"},
			{name: "ttl", typ: "int", doc: "time to live, or hop limit, that the answer arrived with; None where it is not known (TCP)"},
		}},
		{name: "match", doc: "where a pattern was found; m[1] and m[\"name\"] are its groups", attrs: []attribute{
			{name: "end", typ: "int", doc: "offset behind it, in bytes"},
			{name: "groups", typ: "list", doc: "texts of all groups, None for one that took no part"},
			{name: "named", typ: "dict", doc: "texts of the groups that have names"},
			{name: "start", typ: "int", doc: "offset in bytes"},
			{name: "text", typ: "string", doc: "all of it"},
		}},
		{name: "options", doc: "what flag.parse found; each flag and argument is an attribute", open: true},
		{name: "raw_message", doc: "a message as it is on the wire", attrs: []attribute{
			{name: "body", typ: "bytes", doc: "what follows the header"},
			{name: "bytes", typ: "bytes", doc: "all of it"},
			{name: "flags", typ: "int", doc: "of the header"},
			{name: "group", typ: "int", doc: "it was sent to, 0 for unicast"},
			{name: "length", typ: "int", doc: "as the header says"},
			{name: "port", typ: "int", doc: "of the header"},
			{name: "sender", typ: "int", doc: "port id it came from"},
			{name: "seq", typ: "int", doc: "of the header"},
			{name: "type", typ: "int", doc: "of the header"},
		}},
		{name: "regexp", doc: "a compiled pattern; it has what the module re has, without the pattern",
			attrs: append(regexpMethods(), attribute{name: "pattern", typ: "string", doc: "its text"})},
		{name: "result", doc: "what a program left", attrs: []attribute{
			{name: "argv", typ: "list of strings", doc: "the program and its arguments"},
			{name: "signal", typ: "string", doc: "what killed it, None if it ended by itself"},
			{name: "status", typ: "int", doc: "its exit status"},
			{name: "stderr", typ: "string or bytes", doc: "what it wrote there"},
			{name: "stdout", typ: "string or bytes", doc: "what it printed"},
		}},
		{name: "scenario", doc: "what the function of a scenario is called with: def test_x(t)", attrs: []attribute{
			{name: "kernel", typ: "string", doc: "first two numbers of the kernel's version: \"6.18\""},
			{name: "name", typ: "string", doc: "name of the file and of the function: \"link/test_mtu\""},
			{name: "netns", typ: method, doc: scenarioNetnsDoc, params: scenarioNetnsParams},
			{name: "record", typ: method, doc: recordDoc, params: recordParams},
			{name: "skip", typ: method, doc: skipDoc, params: skipParams},
			{name: "tmp", typ: "string", doc: "a folder of its own, gone when the scenario ends"},
			{name: "xfail", typ: method, doc: xfailDoc, params: xfailParams},
		}},
		{name: "server", doc: "answers on a port as a kernel would", attrs: []attribute{
			{name: "close", typ: method, doc: closeServerDoc},
			{name: "name", typ: "string", doc: "of the family that it serves"},
			{name: "notify", typ: method, doc: notifyDoc, params: notifyParams},
			{name: "port", typ: "int", doc: "its port id, where clients find it"},
			{name: "run", typ: method, doc: runDoc, params: runParams},
			{name: "step", typ: method, doc: stepDoc, params: stepParams},
			{name: "stop", typ: method, doc: stopDoc},
			{name: "unread", typ: "int", doc: "answers that clients had no room for"},
		}},
		{name: "socket", doc: "a netlink socket for raw messages", attrs: append(socketMethods(),
			attribute{name: "groups", typ: "list of ints", doc: "the groups it is in"},
			attribute{name: "port", typ: "int", doc: "its port id"},
			attribute{name: "proto", typ: "int", doc: "number of its protocol"},
		)},
		{name: "task", doc: "a function that runs beside others, one at a time", attrs: []attribute{
			{name: "cancel", typ: method, doc: cancelDoc},
			{name: "done", typ: "bool", doc: "whether it has ended"},
			{name: "join", typ: method, doc: joinDoc, params: joinParams},
			{name: "name", typ: "string", doc: "of its function"},
		}},
	}
}

var (
	columnsParams = []param{{"*names", "strings", "fields, with dots into nests"}}
	sortParams    = append(fieldParam[:1:1], param{"reverse", "bool = False", "the largest first"})
)
