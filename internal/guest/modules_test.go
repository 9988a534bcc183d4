package guest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const someDep = `kernel/net/ipv4/ip_gre.ko.xz: kernel/net/ipv4/ip_tunnel.ko.xz kernel/net/ipv4/gre.ko.xz
kernel/net/ipv4/gre.ko.xz:
kernel/net/ipv4/ip_tunnel.ko.xz:
kernel/drivers/net/dummy.ko.xz:
kernel/drivers/net/ethernet/intel/e1000/e1000.ko.xz: kernel/drivers/odd-name.ko.xz
kernel/drivers/odd-name.ko.xz:
nonsense
also: nonsense
`

const someAliases = `# Aliases extracted from modules themselves.
alias rtnl-link-gre ip_gre
alias rtnl-link-gretap ip_gre
alias pci:v00008086d00001000sv*sd*bc*sc*i* e1000
alias fs-* dummy
alias fs-[ dummy
alias nonsense
`

func TestModules(t *testing.T) {
	m := parseModules(someDep, someAliases)
	for name, want := range map[string]string{
		"ip_gre": "ip_gre", "ip-gre": "ip_gre", "rtnl-link-gretap": "ip_gre", "rtnl_link_gretap": "ip_gre", "fs-x": "dummy", "odd-name": "odd_name",
		"pci:v00008086d00001000sv1sd2bc3sc4i5": "e1000", "rtnl-link": "", "": "", "nonsense": "", "fs": "",
	} {
		if got := strings.Join(m.find(name), " "); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
	if got, want := m.needs["ip_gre"], []string{"ip_tunnel", "gre"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	kept := m.only(func(file string) bool {
		return strings.Contains(file, "e1000") || strings.HasSuffix(file, "/ip_gre.ko.xz")
	})
	dep, aliases := kept.text()
	if again := parseModules(dep, aliases); len(again.files) != 5 || !slices.Equal(again.needs["e1000"], []string{"odd_name"}) || len(again.aliases) != 3 {
		t.Errorf("got %s\n%s", dep, aliases)
	}
	for file, want := range map[string]string{"a/b-c.ko": "b_c", "a.ko.zst": "a", "a.kox": "", "modules.dep": "", "kernel": ""} {
		if got := moduleName(file); got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
	}
}

// Only what has to do with networks goes into a guest, and what somebody has built beside the kernel.
func TestForNetwork(t *testing.T) {
	for file, want := range map[string]bool{
		"kernel/net/8021q/8021q.ko": true, "kernel/drivers/net/dummy.ko": true, "kernel/drivers/net/bonding/bonding.ko.xz": true, "updates/mine.ko": true,
		"kernel/drivers/net/wireless/virtual/mac80211_hwsim.ko": true, "kernel/drivers/net/wireless/mac80211_hwsim.ko": true, "kernel/crypto/gcm.ko": true,
		"kernel/drivers/net/ethernet/intel/e1000/e1000.ko": false, "kernel/drivers/net/wireless/ath/ath.ko": false, "kernel/fs/ext4/ext4.ko": false,
		"kernel/arch/x86/kvm/kvm.ko": false,
	} {
		if got := forNetwork(file); got != want {
			t.Errorf("%s: got %v, want %v", file, got, want)
		}
	}
}

// Without depmod the modules say it themselves. These are ELF files with a section .modinfo and nothing else.
func TestScanModules(t *testing.T) {
	dir := t.TempDir()
	for name, info := range map[string]string{
		"kernel/net/top.ko": "license=GPL\x00alias=rtnl-link-top\x00alias=net-pf-9\x00depends=mid-dle,low\x00", "kernel/net/mid_dle.ko": "depends=low,builtin\x00",
		"kernel/fs/low.ko": "depends=\x00", "kernel/fs/other.ko": "alias=other\x00depends=\x00",
	} {
		mustModule(t, filepath.Join(dir, name), info)
	}
	m, err := readModules(dir, forNetwork)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := m.needs["top"], []string{"mid_dle", "low"}; !slices.Equal(got, want) || len(m.files) != 3 {
		t.Errorf("got %q of %v, want %q: what is needed first comes last", got, m.files, want)
	}
	if got := m.find("rtnl-link-top"); !slices.Equal(got, []string{"top"}) {
		t.Errorf("got %q", got)
	}
	for file, want := range map[string]string{"packed.ko.zst": "nlsh cannot unpack .zst, and there is no modules.dep (make it: depmod -b", "packed.ko.xz": "no xz stream"} {
		at := filepath.Join(dir, "kernel/net", file)
		if err := os.WriteFile(at, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readModules(dir, forNetwork); err == nil || !strings.Contains(err.Error(), file+": "+want) {
			t.Errorf("got %v, want %s", err, want)
		}
		if err := os.Remove(at); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "kernel/net/bad.ko"), make([]byte, 100), 0o644)); err != nil {
		t.Fatal(err)
	}
	if _, err := readModules(dir, forNetwork); err == nil || !strings.Contains(err.Error(), "bad.ko: bad magic number") {
		t.Errorf("got %v", err)
	}
}

// What is compressed is unpacked for that.
func TestPackedModules(t *testing.T) {
	dir := t.TempDir()
	plain, packed := filepath.Join(dir, "kernel/net/a.ko"), filepath.Join(dir, "kernel/net/b.ko.gz")
	mustModule(t, plain, "alias=net-pf-9\x00depends=\x00")
	b, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), os.WriteFile(packed, gz.Bytes(), 0o644), os.Remove(plain)); err != nil {
		t.Fatal(err)
	}
	m, err := readModules(dir, forNetwork)
	if err != nil || m.files["b"] != "kernel/net/b.ko.gz" || !slices.Equal(m.find("net-pf-9"), []string{"b"}) {
		t.Errorf("got %+v, %v", m, err)
	}
}

// mustModule writes an object file whose section .modinfo has the text.
func mustModule(t *testing.T, file, info string) {
	t.Helper()
	const names = "\x00.modinfo\x00.shstrtab\x00"
	const headerLen, sectionLen = 64, 64
	b := make([]byte, headerLen)
	copy(b, "\x7fELF\x02\x01\x01") // 64 bits, little-endian
	put := func(at int, n uint64, size int) {
		for i := range size {
			b[at+i] = byte(n >> (8 * i))
		}
	}
	at := len(b) + len(info) + len(names)
	put(16, 1, 2)  // relocatable
	put(18, 62, 2) // x86-64
	put(20, 1, 4)
	put(40, uint64(at), 8) // sections
	put(52, headerLen, 2)
	put(58, sectionLen, 2)
	put(60, 3, 2) // of them, and the number of the one with their names
	put(62, 2, 2)
	b = append(append(b, info...), names...)
	for _, s := range [][4]int{{0, 0, 0, 0}, {1, 1, headerLen, len(info)}, {10, 3, headerLen + len(info), len(names)}} {
		at := len(b)
		b = append(b, make([]byte, sectionLen)...)
		put(at, uint64(s[0]), 4)
		put(at+4, uint64(s[1]), 4)
		put(at+24, uint64(s[2]), 8)
		put(at+32, uint64(s[3]), 8)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, b, 0o644)); err != nil {
		t.Fatal(err)
	}
}

// What the kernel does not know is no error of this program: modprobe says no, and so does the kernel.
func TestModprobeWithout(t *testing.T) {
	if err := insert(filepath.Join(t.TempDir(), "x.ko")); !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v, want no such file", err)
	}
	if IsModprobe() {
		t.Error("this is no modprobe")
	}
}
