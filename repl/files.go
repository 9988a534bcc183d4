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
