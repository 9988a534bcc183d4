package builtins

// typeDoc is a type of values, for people.
type typeDoc struct {
	name, doc string
	open      bool // has attributes beside these: fields, operations
	attrs     []attribute
}

// attribute is an attribute of a type or of a module. A method has the doc and
// the parameters that its newFunc has.
type attribute struct {
	name, typ, doc string
	params         []param
}

// method is the type of an attribute that is called.
const method = "method"

// typeDocs lists the types of nlsh and what their values have. A test holds it
// against the Attr and newFunc of every type, and says what is missing here.
//
// Long: it is a table.
func typeDocs() []typeDoc {
	list := []typeDoc{
		{name: "dump", doc: "the messages of a complete dump: a sequence, decoded when looked at", attrs: []attribute{
			{name: "attempts", typ: "int", doc: "how often it was asked for until it was not interrupted"},
			{name: "column", typ: method, doc: columnDoc, params: fieldParam},
			{name: "columns", typ: method, doc: columnsDoc, params: columnsParams},
			{name: "count", typ: method, doc: countDoc, params: matchParams},
			{name: "first", typ: method, doc: firstDoc, params: matchParams},
			{name: "group_by", typ: method, doc: groupDoc, params: fieldParam},
			{name: "sort_by", typ: method, doc: sortDoc, params: sortParams},
			{name: "sum", typ: method, doc: sumDoc, params: fieldParam},
			{name: "where", typ: method, doc: whereDoc, params: matchParams},
			{name: "filtered", typ: "bool", doc: "whether the kernel says that it filtered"},
			{name: "notes", typ: "list of strings", doc: "what is worth knowing about it and no error"},
		}},
		{name: "error", doc: "an error that a script looks at; what it does not have is None", attrs: []attribute{
			{name: "attr", typ: "string", doc: "path of the attribute that the kernel points at"},
			{name: "errno", typ: "int", doc: "number of the error"},
			{name: "extack", typ: "string", doc: "the kernel's text"},
			{name: "index", typ: "int", doc: "which message of a batch"},
			{name: "kind", typ: "string", doc: "netlink, undone, timeout, value, missing, interrupted, overrun, or fail"},
			{name: "message", typ: "string", doc: "all of it in one line"},
			{name: "missing", typ: "string", doc: "the attribute that the kernel misses"},
			{name: "name", typ: "string", doc: "name of the errno: EEXIST"},
			{name: "offset", typ: "int", doc: "offset in the request that the kernel points at"},
			{name: "policy", typ: "string", doc: "what the kernel wants of the attribute"},
			{name: "request", typ: "bytes", doc: "the request as it was sent"},
			{name: "trace", typ: "list of strings", doc: "the calls that led to it"},
		}},
		{name: "family", doc: "an open family; its operations are attributes of it", open: true, attrs: []attribute{
			{name: "barrier", typ: method, doc: barrierDoc, params: barrierParams},
			{name: "batch", typ: method, doc: batchDoc, params: batchParams},
			{name: "close", typ: method, doc: closeDoc},
			{name: "drain", typ: method, doc: drainDoc},
			{name: "events", typ: method, doc: eventsDoc, params: eventsParams},
			{name: "groups", typ: "list of strings", doc: "names of its multicast groups"},
			{name: "join", typ: method, doc: groupJoinDoc, params: groupParams},
			{name: "leave", typ: method, doc: leaveDoc, params: groupParams},
			{name: "name", typ: "string", doc: "as it was opened"},
			{name: "ops", typ: "list of strings", doc: "names of its operations"},
			{name: "recv", typ: method, doc: eventRecvDoc, params: eventRecvParams},
			{name: "request", typ: method, doc: requestDoc, params: requestParams},
			{name: "settle", typ: method, doc: settleDoc, params: settleParams},
		}},
		{name: "message", doc: "a message or a nest: a schema over raw bytes; a field that is absent is None", open: true, attrs: []attribute{
			{name: "bytes", typ: "bytes", doc: "all of it as on the wire; of a nest, its attributes"},
			{name: "copy", typ: method, doc: copyDoc},
			{name: "items", typ: method, doc: itemsDoc},
			{name: "keys", typ: method, doc: keysDoc},
			{name: "match", typ: method, doc: matchDoc, params: matchParams},
			{name: "has", typ: method, doc: hasDoc, params: nameParam},
			{name: "header", typ: "message", doc: "the fixed header alone, None if there is none"},
			{name: "raw", typ: method, doc: messageRawDoc, params: nameParam},
			{name: "to_dict", typ: method, doc: toDictDoc},
			{name: "unknown", typ: "list", doc: "(type, bytes) of each attribute that no spec explains"},
		}},
		{name: "netns", doc: "an open network namespace", attrs: []attribute{
			{name: "close", typ: method, doc: netnsCloseDoc},
			{name: "inode", typ: "int", doc: "what tells it from others: the inode of /proc/PID/ns/net"},
			{name: "name", typ: "string", doc: "as `ip netns` lists it, or None"},
			{name: "run", typ: method, doc: netnsRunDoc, params: netnsRunParams},
		}},
		{name: "operation", doc: "an operation of a family: called, it does one request", attrs: []attribute{
			{name: "doc", typ: "string", doc: "what the spec says of it"},
			{name: "dump", typ: method, doc: dumpDoc, params: callParams},
			{name: "fields", typ: "list of strings", doc: "names of the fields of its requests"},
			{name: "msg", typ: method, doc: msgDoc, params: callParams},
			{name: "stream", typ: method, doc: streamDoc, params: callParams},
		}},
		{name: "outcome", doc: "what became of a call that was tried, or of one message of a batch; true if it went well", attrs: []attribute{
			{name: "error", typ: "error", doc: "why it failed, None if it did not"},
			{name: "ok", typ: "bool", doc: "whether it went well"},
			{name: "value", typ: "any", doc: "what the call returned, None if it failed"},
		}},
		{name: "stream", doc: "a dump that is read as it is iterated over, once, and not kept", attrs: []attribute{
			{name: "column", typ: method, doc: columnDoc, params: fieldParam},
			{name: "columns", typ: method, doc: columnsDoc, params: columnsParams},
			{name: "count", typ: method, doc: countDoc, params: matchParams},
			{name: "first", typ: method, doc: firstDoc, params: matchParams},
			{name: "group_by", typ: method, doc: groupDoc, params: fieldParam},
			{name: "sort_by", typ: method, doc: sortDoc, params: sortParams},
			{name: "sum", typ: method, doc: sumDoc, params: fieldParam},
			{name: "where", typ: method, doc: whereDoc, params: matchParams},
		}},
	}
	return append(list, serviceTypes()...)
}

// foreignDocs are predeclared names, and members of modules ("json.encode"), that
// newFunc did not make: what the host adds, and what other packages bring.
func foreignDocs() []attribute {
	return []attribute{
		{name: "env", typ: "dict", doc: "the environment of nlsh; it cannot be changed"},
		{name: "args", typ: "list of strings", doc: "what follows FILE on the command line"},
		{name: "exit", typ: method, doc: "ends the script with an exit status; what it has opened is closed\n\n    # exit(3)",
			params: []param{{"status", "int = 0", "0 to 255"}}},
	}
}
