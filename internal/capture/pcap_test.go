package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nlsh/nlsh/internal/capture"
)

// getLo asks rtnetlink for lo: RTM_GETLINK with IFLA_IFNAME.
func getLo() []byte {
	ne := binary.NativeEndian
	b := ne.AppendUint32(nil, 40)
	b = ne.AppendUint16(b, 18) // RTM_GETLINK
	b = ne.AppendUint16(b, 5)  // NLM_F_REQUEST|NLM_F_ACK
	b = ne.AppendUint32(b, 7)
	b = ne.AppendUint32(b, 0)
	b = append(b, make([]byte, 16)...) // ifinfomsg
	b = ne.AppendUint16(b, 7)
	b = ne.AppendUint16(b, 3) // IFLA_IFNAME
	return append(b, "lo\x00\x00"...)
}

var when = time.Date(2026, 3, 4, 5, 6, 7, 89, time.UTC)

func TestBytes(t *testing.T) {
	var out bytes.Buffer
	w, err := capture.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []capture.Packet{
		{Time: when, ToKernel: true, Proto: 16, Data: []byte{1, 2, 3}},
		{Time: when, Proto: 0},
	} {
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	ne := binary.NativeEndian
	b := out.Bytes()
	if len(b) != 24+16+16+3+16+16 {
		t.Fatalf("%d bytes", len(b))
	}
	if ne.Uint32(b) != 0xa1b23c4d || ne.Uint16(b[4:]) != 2 || ne.Uint16(b[6:]) != 4 || ne.Uint32(b[20:]) != 253 {
		t.Errorf("file header % x", b[:24])
	}
	r := b[24:]
	if ne.Uint32(r) != uint32(when.Unix()) || ne.Uint32(r[4:]) != 89 || ne.Uint32(r[8:]) != 19 || ne.Uint32(r[12:]) != 19 {
		t.Errorf("record header % x", r[:16])
	}
	want := []byte{0, 7, 824 >> 8, 824 & 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 1, 2, 3}
	if !bytes.Equal(r[16:35], want) {
		t.Errorf("got  % x\nwant % x", r[16:35], want)
	}
	if second := r[35:]; second[17] != 6 {
		t.Errorf("an answer goes to %d, want 6", second[17])
	}
	if err := w.Write(capture.Packet{Data: make([]byte, 1<<24)}); err == nil || !strings.Contains(err.Error(), "want at most") {
		t.Errorf("got %v of a packet that no reader takes", err)
	}
}

type full struct{}

var errFull = errors.New("full")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWriteFails(t *testing.T) {
	if _, err := capture.NewWriter(full{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

// Somebody else's reader understands it.
func TestTshark(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		t.Skip("tshark, which decodes the file (package tshark)")
	}
	path := filepath.Join(t.TempDir(), "a.pcap")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w, err := capture.NewWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(capture.Packet{Time: when, ToKernel: true, Data: getLo()}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tshark, "-r", path, "-V").CombinedOutput()
	for _, want := range []string{
		"Epoch Time: 1772600767.000000089", "Linux netlink (cooked header)", "Family: Route (0x0000)",
		"Message type: Get network interface info (18)", "Sequence: 7", "Device name: lo",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("tshark does not say %q (%v):\n%s", want, err, out)
			break
		}
	}
}
