package builtins_test

import (
	"errors"
	"testing"

	"github.com/nlsh/nlsh/internal/host"
	"github.com/nlsh/nlsh/internal/redact"
)

// skipped runs a program that must be skipped, and returns why.
func skipped(t *testing.T, src string) string {
	t.Helper()
	p := &program{t: t, reg: registry(), ns: newNetns(t)}
	err := p.run("test.star", src)
	var skip *host.SkipError
	if !errors.As(err, &skip) || host.Format(err, false) != "" || p.out.String() != "" {
		t.Errorf("%s: got %v, printed %q, want it skipped", src, err, p.out.String())
		return ""
	}
	return skip.Reason
}

// However it is called, a skip ends the scenario, and is no error.
func TestSkips(t *testing.T) {
	for src, want := range map[string]string{
		`t.skip("no"); print("went on")`:                             "no",
		`try_(t.skip, "no"); print("went on")`:                       "no",
		`spawn(t.skip, "no").join(); print("went on")`:               "no",
		`scope(t.skip, reason = "no"); print("went on")`:             "no",
		`[t.skip(str(n)) for n in [1, 2]]; print("went on")`:         "1",
		`need("link:nosuch"); print("went on")`:                      "link:nosuch: EOPNOTSUPP",
		`need("link:veth", "kernel:6.3", "nft:nosuch"); print("on")`: "nft:nosuch: EOPNOTSUPP",
		`try_(need, "link:nosuch"); print("went on")`:                "link:nosuch: EOPNOTSUPP",
	} {
		if got := skipped(t, src); got != want {
			t.Errorf("%s: got %q, want %q", src, got, want)
		}
	}
}

func TestNeed(t *testing.T) {
	p, err := script(t, `need("link:veth", "kernel:6.3")
print("went on")`)
	if err != nil || p.out.String() != "went on\n" {
		t.Errorf("got %v, %q", err, p.out.String())
	}
	wantFailure(t, `need()`, `need: got nothing to probe, want names such as "link:vrf"`)
	wantFailure(t, `need("kernel:6.3")`, `need: got nothing to probe`)
	wantFailure(t, `need("vrf")`, `need: got "vrf", want a probe`)
	wantFailure(t, `need(3)`, `need: names[0]: got int, want string`)
	wantFailure(t, `need(link = "vrf")`, `need: unexpected keyword arguments`)
}

func TestXFail(t *testing.T) {
	p, err := script(t, `t.xfail("known")
print("went on")`)
	if err != nil || p.xfail != "known" || p.out.String() != "went on\n" {
		t.Errorf("got %v, %q, %q", err, p.xfail, p.out.String())
	}
	wantFailure(t, `t.xfail("")`, `scenario.xfail: for parameter reason: got "", want a reason`)
	wantFailure(t, `t.skip("")`, `scenario.skip: for parameter reason: got "", want a reason`)
	wantFailure(t, `t.xfial("x")`, `scenario has no attribute "xfial" (did you mean "xfail"?)`)
}

// A namespace of a scenario is quiet, has lo up, and has the name that it is given until the end.
func TestScenarioNetns(t *testing.T) {
	p, err := script(t, `
a, b = t.netns(), t.netns("scenario-ns")
for ns in [a, b]:
    rt = nl.open("route", netns = ns)
    print(rt.getlink(ifname = "lo").match(flags = "up"), ns.run(lambda: read_file("/proc/thread-self/net/if_inet6")).count("lo"))
print(netns.list(), t.name, t.kernel, t)
b.close()
print(netns.list(), list_dir(t.tmp))
`)
	const want = "True 1\nTrue 1\n[\"scenario-ns\"] test/test_it 6.18 <scenario test/test_it>\n[] []\n"
	if err != nil || p.out.String() != want {
		t.Errorf("got %v, %q", err, p.out.String())
	}
}

// The symbols of what t.record writes are those of print.
func TestScenarioRecord(t *testing.T) {
	p := &program{t: t, reg: registry(), ns: newNetns(t), redact: redact.NewTable()}
	err := p.run("test.star", `
rt = nl.open("route")
print(rt.getlink(ifname = "lo").match(ifname = "lo"))
t.record(rt.getlink(ifname = "lo"), "ifname", "index", label = "the first")
`)
	if want := "True\nthe first: newlink\n  index <if:lo>\n  ifname \"lo\"\n"; err != nil || p.out.String() != want {
		t.Errorf("got %v, %q, want %q", err, p.out.String(), want)
	}
	wantFailure(t, `t.record(1)`, "scenario.record: this is no scenario")
}
