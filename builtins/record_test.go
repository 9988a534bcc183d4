package builtins_test

import (
	"strings"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/netns/netnstest"
	"github.com/nlsh/nlsh/internal/redact"
)

// recorded runs a script as a scenario, in a namespace of its own, and returns what it wrote.
func recorded(t *testing.T, src string) string {
	t.Helper()
	p := &program{t: t, reg: registry(), ns: netnstest.New(t), redact: redact.NewTable()}
	if err := p.run("scenario.star", strings.TrimLeft(src, "\n")); err != nil {
		t.Fatal(host.Format(err, false))
	}
	return p.out.String()
}

func wantRecorded(t *testing.T, src, want string) {
	t.Helper()
	if got := recorded(t, src); got != strings.TrimPrefix(want, "\n") {
		t.Errorf("got\n%swant%s", got, want)
	}
}

const veth = `
rt = nl.open("route")
rt.newlink(ifname = "v0", linkinfo = {"kind": "veth", "data": {"peer": {"ifname": "v1", "address": "02:00:00:00:00:01"}}}, flags = "create")
`

// print, pp and str of a message write symbols where a number would be another in the next run.
func TestPrintIsRedacted(t *testing.T) {
	wantRecorded(t, veth+`
m = rt.getlink(ifname = "v0")
short = rt.getaddr.msg(index = "v0", ifa_prefixlen = 24, local = "192.0.2.1", flags = ["ack"])
print(short)
pp(short)
print("%s of %r" % (m.ifname, m.linkinfo))
rt.newaddr(family = "inet", index = "v0", ifa_prefixlen = 24, local = "192.0.2.1", address = "192.0.2.1", flags = "create")
print(rt.getaddr.dump(family = "inet")[0])
print(str(m).count("<mac#1>"), str(rt.getlink(ifname = "v1")).count('address = "02:00:00:00:00:01"'))
print("carrier_changes" in str(m), "stats64" in str(m), 'index = "<if:v0>"' in str(m), 'link = "<if:v1>"' in str(m))
`, `
route.getaddr.msg(prefixlen = 24, index = "<if:v0>", local = "192.0.2.1", flags = ["ack"])
route.getaddr.msg(
    prefixlen = 24,
    index = "<if:v0>",
    local = "192.0.2.1",
    flags = ["ack"],
)
v0 of {"kind": "veth"}
route.newaddr.msg(family = "inet", prefixlen = 24, index = "<if:v0>", address = "192.0.2.1", local = "192.0.2.1", label = "v0", flags_ = set(["permanent"]))
1 1
False False True True
`)
}

func TestRecord(t *testing.T) {
	wantRecorded(t, veth+`
ev = nl.open("route", groups = ["link"])
m = rt.getlink(ifname = "v0")
record(m, "ifname", "index", "link", "address", "linkinfo.kind", "master")
record(m, "carrier_changes", label = "asked for")
record(m.linkinfo, label = "a nest")
record([l for l in rt.getlink.dump() if l.ifname[0] == "v"], "ifname", "index")
record(rt.getlink.dump(), "ifname", sort = True)
record(rt.getlink.stream(), "ifname", omit = ["ifname"], sort = False)
record(try_(rt.newlink, ifname = "v0", linkinfo = {"kind": "veth"}, flags = ["create", "excl"]))
record(try_(rt.newlink, ifname = "x", linkinfo = {"kind": "vxlan", "data": {"id": 1 << 24}}, flags = "create").error, "ifname", "linkinfo.kind", label = "refused")
record(try_(rt.getlink, ifname = "v9").error, "op", label = "part of an error")
record(try_(rt.getlink, ifname = "v1"), "ifname")
record(try_(lambda: raise_("no luck", kind = "mine")))
rt.setlink(ifname = "v0", ifi_flags = "up", ifi_change = "up")
for e in ev.events(timeout = "10s"):
    record(e, "ifname", "index")
    break
`, `
newlink
  index <if:v0>
  address <mac#1>
  ifname "v0"
  link <if:v1>
  linkinfo.kind "veth"
  master None
asked for: newlink
  carrier_changes <n>
a nest: kind "veth"
list
  - newlink
      index <if:v1>
      ifname "v1"
  - newlink
      index <if:v0>
      ifname "v0"
dump getlink
  - newlink
      ifname "lo"
  - newlink
      ifname "v0"
  - newlink
      ifname "v1"
dump getlink
  - newlink
  - newlink
  - newlink
error EEXIST
  op newlink
refused: error ERANGE
  op newlink
  extack "VXLAN ID must be lower than 16777216"
  path linkinfo.data.id
part of an error: error ENODEV
  op getlink
newlink
  ifname "v1"
error mine
  message "no luck"
event newlink group link
  index <if:v0>
  ifname "v0"
`)
}

// An event of another namespace says so: its interfaces are not those of the same number here.
func TestRecordOfForeignEvents(t *testing.T) {
	wantRecorded(t, `
rt, a = nl.open("route"), netns.new(quiet = True)
rt.newnsid(fd = a, nsid = 7)
ev = nl.open("route", groups = ["link"], all_nsid = True)
for f in [nl.open("route", netns = a), rt]:
    f.newlink(ifname = "br0", linkinfo = {"kind": "bridge"}, flags = ["create", "excl"])
ev.barrier()
got = ev.drain()
record(got, "ifname", "from_nsid")
record(got[0], "ifname", "index", "linkinfo.kind", omit = ["from_nsid"])
`, `
list
  - event newlink group link
      from_nsid 7
      ifname "br0"
  - event newlink group link
      ifname "br0"
      from_nsid None
event newlink group link
  index <if:br0>
  ifname "br0"
  linkinfo.kind "bridge"
`)
}

// What is no message is written as it is.
func TestRecordOfPlainValues(t *testing.T) {
	wantRecorded(t, `
record(None)
record(-3, label = "n")
record("text")
record(b"\x01\xff")
record(["a", 1, None, (1, 2)])
record(("a", 2))
record({"b": 1, "a": [1, 2], "c": {"d": b"x", 5: True}})
record({"b": 1, "a": 2}, "a")
record(set(["z", "b"]))
record([])
record({})
record({"rows": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}, omit = ["rows.y"])
record(range(3))
`, `
None
n: -3
"text"
0x01ff
list
  - "a"
  - 1
  - None
  - [1, 2]
tuple ["a", 2]
dict
  b 1
  a [1, 2]
  c
    d 0x78
    5 True
dict
  a 2
set ["b", "z"]
list []
{}
dict
  rows
    - x 1
    - x 3
range [0, 1, 2]
`)
}

// The bytes of a message are hidden where they are not the same in every run; a mark stays.
func TestHexdumpIsRedacted(t *testing.T) {
	wantRecorded(t, veth+`
request = rt.newaddr.msg(family = "inet", index = "v0", local = "192.0.2.1", cacheinfo = {"ifa_valid": 5})
hexdump(request, mark = 20)
record(rt.getlink(ifname = "v0").linkinfo, raw = True, label = "raw")
`, `
0000  34 00 00 00              nlmsg_len = 52
0004  14 00                    nlmsg_type = 20 newaddr
0006  01 00                    nlmsg_flags = 0x1 request
0008  00 00 00 00              nlmsg_seq = 0
000c  00 00 00 00              nlmsg_pid = 0
0010  02                       ifa_family = "inet"
0011  00                       ifa_prefixlen = 0
0012  00                       ifa_flags = 0
0013  00                       ifa_scope = "universe"
0014  .. .. .. ..              ifa_index = <if:v0>
      ^^ ^^ ^^ ^^
0018  08 00 02 00              local: length 8, type 2
001c  c0 00 02 01              local = "192.0.2.1"
0020  14 00 06 00              cacheinfo: length 20, type 6
0024  00 00 00 00              cacheinfo.ifa_prefered = 0
0028  05 00 00 00              cacheinfo.ifa_valid = 5
002c  00 00 00 00              cacheinfo.cstamp = 0
0030  00 00 00 00              cacheinfo.tstamp = 0
raw: bytes
  0000  09 00 01 00              kind: length 9, type 1
  0004  76 65 74 68 00           kind = "veth"
  0009  00 00 00                 (padding)
`)
}

// What record refuses, and with which words.
func TestRecordRefuses(t *testing.T) {
	for call, want := range map[string]string{
		`record()`:                               `record: missing argument for value`,
		`record(1, 2)`:                           `record: fields[0]: got int, want a path such as "linkinfo.kind"`,
		`record(1, "")`:                          `record: fields[0]: got string, want a path such as "linkinfo.kind"`,
		`record(1, sort = "yes")`:                `record: for parameter sort: got string, want bool`,
		`record(1, omit = "a")`:                  `record: for parameter omit: got string, want a list of strings`,
		`record(1, omit = [1])`:                  `record: for parameter omit: omit[0]: got int, want string`,
		`record({"a": 1}, "b")`:                  `record: fields[0]: got "b", want a field of what is recorded`,
		`record(rt.getlink.msg(), "ifnam")`:      `record: fields[0]: got "ifnam", want a field of what is recorded (did you mean "ifname"?)`,
		`record([rt.getlink.msg()], omit=["x"])`: `record: omit[0]: got "x", want a field of what is recorded`,
		`record(None, raw = True)`:               `record: for parameter x: got NoneType, want a message, bytes or an error`,
	} {
		p := &program{t: t, reg: registry(), redact: redact.NewTable()}
		err := p.run("scenario.star", "rt = nl.open(\"route\")\n"+call+"\n")
		if err == nil || cause(err).Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", call, err, want)
		}
	}
}

// Other programs have no record, and print what there is.
func TestNoScenario(t *testing.T) {
	p := wantFailure(t, "record(1)\n", "undefined: record")
	if p.out.Len() > 0 {
		t.Error(p.out.String())
	}
	p, err := script(t, veth+`
print(rt.getlink(ifname = "v0").link, "index = 3" in str(rt.getlink(ifname = "v0")), "carrier_changes" in str(rt.getlink(ifname = "v0")))
`)
	if err != nil || p.out.String() != "2 True True\n" {
		t.Errorf("got %q, %v", p.out.String(), err)
	}
}
