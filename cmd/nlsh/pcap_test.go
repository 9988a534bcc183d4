package main

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// packets are the packets of a pcap file: way and message.
func packets(t *testing.T, path string) (list [][]byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for b = b[24:]; len(b) > 0; {
		n := binary.NativeEndian.Uint32(b[8:])
		list = append(list, b[16:16+n])
		b = b[16+n:]
	}
	return list
}

// What is sent and received, by a script that fails too.
func TestPcap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.pcap")
	r := nlsh(t, "", "--rootless", "--pcap", path, "-c", `nl.open("route").getlink(ifname = "nosuch")`)
	if r.code != 1 {
		t.Fatalf("status %d: %s", r.code, r.errOut)
	}
	list := packets(t, path)
	if len(list) != 2 || list[0][1] != 7 || list[1][1] != 6 {
		t.Fatalf("got %d packets, want a request to the kernel and its answer", len(list))
	}
	if !strings.Contains(string(list[0]), "nosuch") || binary.NativeEndian.Uint16(list[1][16+4:]) != 2 {
		t.Errorf("got % x", list)
	}
	r = nlsh(t, "", "--pcap", t.TempDir(), "-c", "1")
	if r.code != 1 || !strings.Contains(r.errOut, "nlsh: --pcap: open ") {
		t.Errorf("status %d: %s", r.code, r.errOut)
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		r = nlsh(t, "", "--pcap", "/dev/full", "-c", "1")
		if r.code != 1 || !strings.Contains(r.errOut, "no space left") {
			t.Errorf("status %d: %s", r.code, r.errOut)
		}
	}
}

func TestTimeScale(t *testing.T) {
	for _, c := range []struct {
		flag, variable, want string
		code                 int
	}{
		{"", "", "1.0\n", 0},
		{"2.5", "", "2.5\n", 0},
		{"", "4", "4.0\n", 0},
		{"2", "4", "2.0\n", 0},
		{"fast", "", `nlsh: --time-scale: got "fast", want a factor from 0.01 to 1000` + "\n", 1},
		{"", "0", `nlsh: NLSH_TIME_SCALE: got "0", want a factor from 0.01 to 1000` + "\n", 1},
	} {
		t.Setenv("NLSH_TIME_SCALE", c.variable)
		args := []string{"-c", "print(time.scale)"}
		if c.flag != "" {
			args = append([]string{"--time-scale", c.flag}, args...)
		}
		if r := nlsh(t, "", args...); r.code != c.code || r.out+r.errOut != c.want {
			t.Errorf("%+v: status %d, %q", c, r.code, r.out+r.errOut)
		}
	}
	// It is in what waits, and says so.
	t.Setenv("NLSH_TIME_SCALE", "")
	r := nlsh(t, "", "--rootless", "--time-scale", "3", "-c", `nl.open("route", groups = ["link"]).recv(timeout = "1ms")`)
	if !strings.Contains(r.errOut, "route.recv: no event within 3ms") {
		t.Errorf("got %s", r.errOut)
	}
	r = nlsh(t, "", "--rootless", "--time-scale", "0.01", "-c", `
load("@std//wait.star", "wait_for")
wait_for(lambda: False, timeout = "1s")`)
	if !strings.Contains(r.errOut, "wait_for: not true within 1s") {
		t.Errorf("got %s", r.errOut)
	}
}
