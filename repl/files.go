package repl

import (
	"os"
	"path/filepath"
	"strings"
	"time"
)

// budget is how long completion may wait: for a task, and for the names of files, whose folder may be on the other side of a network.
const budget = 50 * time.Millisecond

// files are those whose path begins with word. A folder is not the end of a path.
func files(word, quote string) (list []Candidate) {
	dir, base := filepath.Split(word)
	from := dir
	if rest, home := strings.CutPrefix(dir, "~/"); home && quote == "" {
		if name, err := os.UserHomeDir(); err == nil {
			from = filepath.Join(name, rest)
		}
	}
	if from == "" {
		from = "."
	}
	for _, e := range entries(from) {
		switch name := e.Name(); {
		case !strings.HasPrefix(name, base) || base == "" && name[0] == '.': // hidden
		case e.IsDir():
			list = append(list, Candidate{dir + name, "/"})
		default:
			list = append(list, Candidate{dir + name, quote})
		}
	}
	return list
}

// entries are those of a folder, none if that takes too long.
func entries(dir string) []os.DirEntry {
	found := make(chan []os.DirEntry, 1)
	go func() {
		list, err := os.ReadDir(dir)
		if err != nil {
			list = nil
		}
		found <- list
	}()
	late := time.NewTimer(budget)
	defer late.Stop()
	select {
	case list := <-found:
		return list
	case <-late.C:
		return nil
	}
}

// commandLine completes a line that begins with a colon: the command, or what it takes.
func (n *Names) commandLine(line string) (word string, list []Candidate) {
	name, arg, spaced := strings.Cut(line, " ")
	if !spaced {
		for _, c := range commands() {
			list = append(list, matching(line, []string{":" + c.name}, tailOf(c.args))...)
		}
		for fn := range n.Globals() {
			if own, ok := strings.CutPrefix(fn, "command_"); ok {
				list = append(list, matching(line, []string{":" + own}, " ")...)
			}
		}
		return line, list
	}
	arg = strings.TrimLeft(arg, " ")
	for _, c := range commands() {
		if ":"+c.name != name {
			continue
		}
		switch {
		case strings.Contains(c.args, "FILE"):
			return arg, files(arg, "")
		case c.name == "ns":
			_, list = n.Complete(`netns.open("` + arg)
			for i := range list {
				list[i].Tail = ""
			}
			return arg, list
		}
	}
	return n.Complete(arg)
}

func tailOf(args string) string {
	if args == "" {
		return ""
	}
	return " "
}
