package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/nlsh/nlsh/internal/golden"
	"github.com/nlsh/nlsh/internal/netns"
	"github.com/nlsh/nlsh/repl"
)

// asReplay makes the test binary type what is in the transcripts of a page, in a session in a namespace of its own, and print the page.
const asReplay = "NLSH_TEST_REPLAY"

// tours are the pages whose transcripts are what happens.
var tours = [...]string{"../../docs/tour.md", "../../docs/first-hour.md"}

// A tour shows what one sees who types it.
//
//	go test ./cmd/nlsh -run TestTour -update
func TestTour(t *testing.T) {
	for _, tour := range tours {
		t.Run(filepath.Base(tour), func(t *testing.T) { tryTour(t, tour) })
	}
}

func tryTour(t *testing.T, tour string) {
	t.Helper()
	if err := netns.Supported(); err != nil {
		t.Skip(err)
	}
	const kinds = `[nl.open("route").newlink(ifname = "probe-" + k, linkinfo = {"kind": k}, flags = "create") for k in ["bridge", "veth"]]`
	if got := nlsh(t, "", "--rootless", "-c", kinds); got.code != 0 {
		t.Skipf("the tours have links of kinds that this kernel refuses: %s", got.errOut)
	}
	want, err := os.ReadFile(tour)
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(t)
	cmd.Env = append(cmd.Env, asReplay+"="+tour)
	var got, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &got, &errOut
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s%s", err, errOut.String(), got.String())
	}
	switch {
	case bytes.Equal(got.Bytes(), want):
	case *update:
		if err := os.WriteFile(tour, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what happens; to accept this: go test ./cmd/nlsh -run TestTour -update\n%s", tour, golden.Diff(string(want), got.String()))
	}
}

// replay prints a page with what was shown, and returns the exit status.
func replay(file string) int {
	err := func() error {
		if !netns.InPlayground() {
			code, err := netns.Rootless(netns.RootlessOptions{})
			if err == nil && code != 0 {
				err = fmt.Errorf("status %d", code)
			}
			return err
		}
		if err := netns.EnterPlayground(); err != nil {
			return err
		}
		page, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		dir, err := os.MkdirTemp("", "nlsh-tour-") // for files that are saved
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := os.Chdir(dir); err != nil {
			return err
		}
		shown, err := repl.Replay(context.Background(), string(page), func(editor repl.Editor, out io.Writer) (repl.Options, error) {
			return sessionOptions(settings{}, editor, out, &repl.Settings{Columns: func() int { return 100 }}, nil)
		})
		_, writeErr := io.WriteString(os.Stdout, shown)
		return errors.Join(err, writeErr)
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}
