package builtins

import (
	"fmt"
	"regexp"
	"strings"
)

// Words is what people who know other languages write, and what it is here:
// statements of Python and its globals, then members of modules and of values
// ("json.loads", "dump.filter"). Where the answer is not a name it is a
// sentence. The host and the linter show it behind the error.
//
// Long: it is a table.
func Words() map[string]string {
	return map[string]string{
		"import": `modules are loaded: load("@std//ip.star", "ip"); nl, json, re, time and more are there without`,
		"from":   `modules are loaded: load("@std//ip.star", "ip")`,
		"try":    `try_(fn, *args) calls fn and returns an outcome with ok, value and error`,
		"except": `try_(fn, *args) calls fn and returns an outcome with ok, value and error`,
		"with":   `what is opened is closed when the script ends; scope(fn) closes it when fn returns`,
		"class":  `there are no classes: struct(a = 1) and dicts hold values, functions the rest`,
		"raise":  `raise_(error) raises one that was caught, fail("text") a new one`,
		"assert": `load("@std//expect.star", "expect") has assertions`,
		"is":     `values are compared by ==`,
		"del":    `d.pop(key) removes from a dict or a list`,
		"yield":  `there are no generators: return a list; yield_() lets other tasks run`,
		"async":  `spawn(fn, *args) runs fn as a task`,
		"await":  `task.join() waits for a task`,
		"global": `assignments at top level are of the file; functions change lists, dicts and the like in place`,
		"f":      `there are no f-strings: "%s is up" % name, or "{} is up".format(name)`,

		"open":        "read_file",
		"os":          `env, exec, list_dir, read_file, read_link and write_file are builtins`,
		"sys":         `args is the list of arguments, exit(status) ends the script`,
		"subprocess":  "exec",
		"system":      "exec",
		"argparse":    "flag",
		"argv":        "args",
		"environ":     "env",
		"logging":     "log",
		"datetime":    "time",
		"ipaddress":   "ipaddr",
		"socket":      "nl.socket",
		"IPRoute":     "nl.open",
		"IPDB":        "nl.open",
		"isinstance":  `type(x) == "list"`,
		"map":         `[f(x) for x in list] is a list`,
		"filter":      `[x for x in list if f(x)] is a list; a dump has where(...)`,
		"sum":         `a dump has sum("field"); a loop adds other things`,
		"round":       "math.round",
		"ip":          `load("@std//ip.star", "ip") has iproute2's verbs`,
		"bridge":      `load("@std//bridge.star", "bridge") has the verbs of bridge`,
		"expect":      `load("@std//expect.star", "expect") has assertions`,
		"table":       `load("@std//table.star", "table") prints tables`,
		"null":        "None",
		"true":        "True",
		"false":       "False",
		"quit":        "exit",
		"pprint":      "pp",
		"__name__":    `a file runs from its top: call main() there`,
		"defaultdict": `d.setdefault(key, []) makes what is not there`,

		"json.loads":        "json.decode",
		"json.load":         "json.decode",
		"json.parse":        "json.decode",
		"json.dumps":        "json.encode",
		"json.dump":         "json.encode",
		"time.sleep":        `sleep("250ms") is a builtin of its own`,
		"time.time":         "time.now",
		"time.strftime":     "time.format",
		"time.strptime":     "time.parse",
		"netns.create":      "netns.new",
		"netns.add":         "netns.new",
		"netns.make":        "netns.new",
		"netns.set":         "netns.enter",
		"netns.exec":        `exec(argv, netns = n) runs a program there, n.run(fn) a function`,
		"netns.delete":      `n.close() lets go of a namespace and removes it if the script made it`,
		"netns.remove":      `n.close() lets go of a namespace and removes it if the script made it`,
		"netns.current":     `nl.here("route") is a family where the script is`,
		"nl.connect":        "nl.open",
		"nl.close":          `what nl.open returns has close()`,
		"random.randint":    "random.int",
		"random.random":     "random.float",
		"random.randbytes":  "random.bytes",
		"re.finditer":       "re.findall",
		"log.warning":       "log.warn",
		"log.fatal":         `log.error writes it, fail("text") ends the script`,
		"ipaddr.ip_network": "ipaddr.parse",
		"ipaddr.ip_address": "ipaddr.parse",
		"ipaddr.subnets":    "ipaddr.prefix_range",
		"ipaddr.is_valid":   "ipaddr.valid",
		"flag.add_argument": `flag.string, flag.int, flag.bool and flag.arg declare, flag.parse reads`,
		"dump.filter":       "where",
		"dump.map":          "column",
		"dump.sort":         "sort_by",
		"dump.groupby":      "group_by",
		"dump.select":       "columns",
		"dump.find":         "first",
		"dump.get":          "first",
		"dump.len":          `len(dump)`,
		"stream.filter":     "where",
		"stream.map":        "column",
		"stream.sort":       "sort_by",
		"stream.find":       "first",
		"message.get":       `m.mtu, or m["mtu"], is None where it is absent; m.has("mtu") tells`,
		"message.get_attr":  `m.mtu, or m["mtu"], is None where it is absent`,
		"message.get_attrs": `m.mtu is a list where the attribute may be repeated`,
		"message.attrs":     "items",
		"message.values":    "items",
		"message.as_dict":   "to_dict",
		"task.wait":         "join",
		"task.result":       "join",
		"task.kill":         "cancel",
		"result.returncode": "status",
		"result.code":       "status",
		"operation.list":    "dump",
		"operation.all":     "dump",
		"family.dump":       `an operation is dumped: rt.getlink.dump()`,
		"family.send":       "request",
	}
}

// Meant is the hint for one of the words, "" if there is none.
func Meant(word string) string {
	hint := Words()[word]
	if hint == "" || strings.Contains(hint, " ") || strings.Contains(hint, "(") {
		return hint
	}
	return fmt.Sprintf("did you mean %q?", hint)
}

var (
	undefinedName = regexp.MustCompile(`^undefined: (\w+)`)
	wrongToken    = regexp.MustCompile(`^got (\w+), want `)
	formatString  = regexp.MustCompile(`(^|\W)[fF]["']`)
)

// Explain adds to what the parser or the resolver says of a line what somebody
// who knows Python may have meant.
func Explain(msg, line string) string {
	if m := undefinedName.FindStringSubmatch(msg); m != nil {
		if hint := Meant(m[1]); hint != "" {
			return m[0] + " (" + hint + ")"
		}
		return msg
	}
	word := ""
	if m := wrongToken.FindStringSubmatch(msg); m != nil {
		word = m[1]
	}
	if strings.HasPrefix(msg, "got string literal, want ") && formatString.MatchString(line) {
		word = "f"
	}
	if hint := Meant(word); hint != "" {
		return msg + " (" + hint + ")"
	}
	return msg
}
