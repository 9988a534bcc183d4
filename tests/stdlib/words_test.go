package stdlib

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/specs"
)

// usage is a command whose usage text says which words it takes.
type usage struct {
	command string            // "ip link"
	values  string            // the rules of its grammar that are values, not options
	calls   map[string]string // for each verb the call that must take its words, %s where they go
}

// TestWords holds the friendly layer to iproute2: each word that the usage
// text of the installed ip or bridge has for a verb is given to the call of that
// verb. One that it refuses must be in the tables of words_table_test.go.
func TestWords(t *testing.T) {
	needTools(t)
	var probes []probe
	values := map[string]string{} // value: where it was seen
	for _, u := range usages {
		text := help(t, append(strings.Fields(u.command), "help"))
		verbs, vals := parseUsage(text, u.command, u.values)
		if len(verbs) == 0 {
			t.Errorf("%s help: no verb found in\n%s", u.command, text)
		}
		for verb, words := range verbs {
			call, ok := u.calls[verb]
			if !ok {
				unknown(t, u.command+" "+verb)
				continue
			}
			for _, w := range words {
				probes = append(probes, probeOf(u.command+" "+verb, call, w))
			}
		}
		for _, v := range vals {
			values[v] = u.command
		}
	}
	if len(probes) < 300 {
		t.Errorf("the usage texts have %d words only: are they read right?", len(probes))
	}
	for _, label := range refused(t, probes) {
		unknown(t, label)
	}
	kinds, more := kindWords(t)
	for _, label := range refusedKinds(t, kinds) {
		unknown(t, label)
	}
	maps.Copy(values, more)
	var said []probe
	for _, v := range slices.Sorted(maps.Keys(values)) {
		if call, ok := valueCalls[v]; ok {
			said = append(said, probe{values[v] + " = " + v, call})
		} else if !knownValue(v) {
			unknown(t, values[v]+" = "+v)
		}
	}
	for _, label := range refused(t, said, true) {
		unknown(t, label)
	}
}

// unknown fails for a word that nobody takes, unless a table says why.
func unknown(t *testing.T, label string) {
	t.Helper()
	for pattern := range excused {
		if ok, _ := regexp.MatchString("^(?:"+pattern+")$", label); ok {
			return
		}
	}
	t.Errorf("%q is in the usage text of iproute2, but stdlib does not take it", label)
}

func help(t *testing.T, command []string) string {
	t.Helper()
	cmd := exec.Command(command[0], command[1:]...)
	out, _ := cmd.CombinedOutput() // help ends with a status of its own
	return string(out)
}

// probe is a call with one word.
type probe struct{ label, call string }

func probeOf(verb, call, word string) probe {
	label := verb + " " + word
	for pattern, other := range renamed {
		re := regexp.MustCompile("^(?:" + pattern + ")$")
		switch {
		case !re.MatchString(label):
		case strings.Contains(other, "("):
			call = other
		default:
			word = re.ReplaceAllString(label, other)
		}
	}
	return probe{label, strings.ReplaceAll(call, "%s", keyword(word))}
}

// keyword is a word as an option that is not given. A word of Starlark's gets a _.
func keyword(word string) string {
	word = strings.ReplaceAll(word, "-", "_")
	if slices.Contains([]string{"from", "as", "not", "del", "global"}, word) {
		word += "_"
	}
	return fmt.Sprintf("**{%q: None}", word)
}

// refused makes the calls and returns the labels of those that do not know the
// word. Calls that fail for another reason do: the namespace has nothing in it.
func refused(t *testing.T, probes []probe, alsoFailing ...bool) []string {
	t.Helper()
	var src strings.Builder
	src.WriteString(probing)
	condition := "'unexpected keyword' in o.error.message or 'got an option' in o.error.message"
	if alsoFailing != nil {
		condition = "True"
	}
	fmt.Fprintf(&src, "def known(label, fn):\n    o = try_(fn)\n    if not o.ok and (%s):\n        print(label)\n", condition)
	for _, p := range probes {
		fmt.Fprintf(&src, "known(%q, lambda: %s)\n", p.label, p.call)
	}
	return lines(t, src.String())
}

// lines runs a script in a namespace of its own and returns what it prints.
func lines(t *testing.T, src string) []string {
	t.Helper()
	printed, err := script(t.Context(), netnstest.New(t), src)
	if err != nil {
		t.Fatal(host.Format(err, false))
	}
	return strings.FieldsFunc(printed, func(r rune) bool { return r == '\n' })
}

// probing has what calls of the table need. encap wants the encapsulation to
// be another one without the word.
const probing = `
load("@std//ip/encap.star", "encap_fields")
load("@std//ip/kinds.star", "link_info")
rt = nl.open("route")
ip.link.set("lo", up = True)
encaps = [
    {"type": "mpls", "labels": "100/200", "ttl": 9},
    {"type": "seg6", "mode": "l2encap.red", "segs": "2001:db8::1,2001:db8::2"},
    {"type": "seg6local", "action": "End.X", "nh6": "2001:db8::1", "count": True, "flavors": "psp,next-csid"},
    {"type": "seg6local", "action": "End.DX4", "nh4": "192.0.2.1", "iif": 1, "oif": 1},
    {"type": "seg6local", "action": "End.DT46", "vrftable": 7, "table": 8},
    {"type": "seg6local", "action": "End.B6.Encaps", "srh": {"segs": "2001:db8::1"}},
    {"type": "seg6local", "action": "End.BPF", "endpoint": (3, "name")},
    {"type": "ioam6", "freq": "1/2", "mode": "encap", "tundst": "2001:db8::1", "trace": {"type": 0x800000, "ns": 1, "size": 12}},
    {"type": "xfrm", "if_id": 7, "link_dev": 1},
]
def encap(**words):
    word = list(words)[0]
    for e in encaps:
        where = e if word in e else e.get("trace", {})
        if word in where:
            with_ = rt.newroute.msg(encap_fields("test", e)).bytes
            rest = {k: v for k, v in where.items() if k != word}
            less = rest if where == e else e | {"trace": {"type": 0, "ns": 0, "size": 0} | rest}
            if rt.newroute.msg(encap_fields("test", less)).bytes != with_:
                return
    fail("got an option")
`

// kindWords are the options of every kind of link, from `ip link help KIND`,
// as labels, and the values of them.
func kindWords(t *testing.T) (labels []string, values map[string]string) {
	t.Helper()
	text := help(t, []string{"ip", "link", "help"})
	_, list, _ := strings.Cut(text, "TYPE := {")
	list, _, _ = strings.Cut(list, "}")
	values = map[string]string{}
	for _, kind := range strings.Fields(strings.ReplaceAll(list, "|", " ")) {
		text := help(t, []string{"ip", "link", "help", kind})
		if !strings.Contains(text, "... "+kind) && !strings.Contains(text, "type "+kind) {
			t.Errorf("ip link help %s: not the usage of that kind:\n%s", kind, text)
			continue
		}
		words, vals := parseKind(text, kind)
		for _, w := range words {
			labels = append(labels, "type "+kind+" "+w)
		}
		for _, v := range vals {
			values[v] = "type " + kind
		}
	}
	return labels, values
}

// refusedKinds returns those options of which no value can be encoded.
func refusedKinds(t *testing.T, labels []string) []string {
	t.Helper()
	list, err := json.Marshal(labels)
	if err != nil {
		t.Fatal(err)
	}
	return lines(t, strings.ReplaceAll(kindProbe, "LABELS", string(list)))
}

// kindProbe tries values of all sorts until one makes options of the kernel.
const kindProbe = `
load("@std//ip/kinds.star", "link_info")
rt = nl.open("route")
samples = [1, True, "on", "192.0.2.1", "2001:db8::1", "02:00:00:00:00:01", "0:1", "192.0.2.1,192.0.2.2", "lo", "off", "auto", "fou", (1, 2), "10-20",
           "active", "layer2", "always", "slow", "stable", "all", "none", "private", "any", "inherit", "bridge", "l2", "gateway",
           "gcm-aes-128", "strict", "802.1Q", "sgsn", "nopromisc", "ipip", "set", "2001:db8::/32", "egress", "mac"]
def made(kind, word):
    for sample in samples:
        o = try_(lambda: rt.newlink.msg(linkinfo = link_info(kind, {word.replace("-", "_"): sample})))
        if not o.ok:
            continue
        info = o.value.linkinfo
        if info.data or info.slave_data or word.startswith("no"):  # what is off by itself may need nothing
            return True
    return False
for label in LABELS:
    _, kind, word = label.split(" ")
    if not made(kind, word):
        print(label)
`

// knownValue reports whether an enum or a set of flags has a value of that name.
func knownValue(v string) bool {
	v = plain(v)
	if v == "on" || v == "off" {
		return true
	}
	for _, s := range specs.All() {
		for _, e := range s.Enums {
			for _, entry := range e.Entries {
				if plain(entry.Name) == v {
					return true
				}
			}
		}
		for _, m := range s.SubMsgs { // kinds of links, say
			for _, f := range m.Formats {
				if plain(f.Value) == v || plain(f.Value)+"-slave" == v {
					return true
				}
			}
		}
	}
	return false
}

// plain is a name without what iproute2 and the kernel write differently.
func plain(name string) string {
	return strings.NewReplacer("_", "-", ".", "-", "+", "-").Replace(strings.ToLower(name))
}

// Every excuse and every other name must be of use, so that the tables stay true.
func TestExcusesAreNeeded(t *testing.T) {
	needTools(t)
	if said := help(t, []string{"ip", "-V"}); !strings.Contains(said, "iproute2-6.1.") {
		t.Skipf("the tables are of iproute2 6.1, here is %s", strings.TrimSpace(said))
	}
	var labels []string
	for _, u := range usages {
		verbs, vals := parseUsage(help(t, append(strings.Fields(u.command), "help")), u.command, u.values)
		for verb, words := range verbs {
			labels = append(labels, u.command+" "+verb)
			for _, w := range words {
				labels = append(labels, u.command+" "+verb+" "+w)
			}
		}
		for _, v := range vals {
			labels = append(labels, u.command+" = "+v)
		}
	}
	kinds, values := kindWords(t)
	labels = append(labels, kinds...)
	for v, where := range values {
		labels = append(labels, where+" = "+v)
	}
	for _, table := range []map[string]string{excused, renamed} {
		for pattern := range table {
			re := regexp.MustCompile("^(?:" + pattern + ")$")
			if !slices.ContainsFunc(labels, re.MatchString) {
				t.Errorf("%q is in a table, but no usage text has it", pattern)
			}
		}
	}
}
