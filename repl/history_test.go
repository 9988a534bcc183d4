package repl

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// What was added comes back, lines and all, to this session and to others.
func TestHistory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a", "history")
	h := OpenHistory(file)
	want := []string{"x = 1", "def f():\n    return '\\n'", `"quoted"`, "\\x", "  indented", "ä"}
	for _, text := range want {
		if err := h.Add(text + "\n"); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"ä", "ä\n", "", "  \n"} { // adds nothing
		if err := h.Add(text); err != nil {
			t.Fatal(err)
		}
	}
	got, err := OpenHistory(file).Entries()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}
}

// Two sessions at once lose nothing, and the file is never cut.
func TestHistoryOfTwo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	var wg sync.WaitGroup
	for _, who := range []string{"a", "b"} {
		wg.Go(func() {
			h := OpenHistory(file)
			for i := range 3000 {
				if err := h.Add(fmt.Sprintf("%s\n%d", who, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := OpenHistory(file).Entries()
	if err != nil || len(got) != historyMost {
		t.Errorf("got %d entries, %v", len(got), err)
	}
	if text, err := os.ReadFile(file); err != nil || strings.Count(string(text), "\n") != 6000 {
		t.Errorf("got %d lines, %v", strings.Count(string(text), "\n"), err)
	}
}

func TestHistoryWithoutFile(t *testing.T) {
	h := OpenHistory("")
	if got, err := h.Entries(); got != nil || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	if err := h.Add("x"); err != nil {
		t.Error(err)
	}
	if _, err := OpenHistory(t.TempDir()).Entries(); err == nil {
		t.Error("a folder: got no error")
	}
	t.Setenv("XDG_STATE_HOME", "/state")
	if got := HistoryFile(); got != "/state/nlsh/history" {
		t.Errorf("got %s", got)
	}
	t.Setenv("XDG_STATE_HOME", "relative")
	t.Setenv("HOME", "/home/x")
	if got := HistoryFile(); got != "/home/x/.local/state/nlsh/history" {
		t.Errorf("got %s", got)
	}
}
