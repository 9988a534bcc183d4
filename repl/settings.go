package repl

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Settings are what :set changes. The zero value has the width of the terminal, and all that is on or off is off. They may be
// looked at by several goroutines.
type Settings struct {
	// Columns is how wide the terminal is; nil is 80.
	Columns func() int

	mu    sync.Mutex
	width int // 0 is that of the terminal
	on    map[string]bool
}

// The settings that are on or off.
const (
	WithColor = "color" // colours in errors and results
	WithPager = "pager" // long results go through the pager
	WithTable = "table" // lists of messages are shown as tables
	WithLong  = "long"  // messages are written whole
	WithSteps = "debug" // every step is looked at, so that :debug knows all variables; that is slower
)

// switches lists them with what they are for.
func switches() [][2]string {
	return [][2]string{
		{WithColor, "colours in errors and results"},
		{WithPager, "long results go through the pager"},
		{WithTable, "lists of messages are shown as tables"},
		{WithLong, "messages are written whole, not by their telling fields"},
		{WithSteps, ":debug knows the variables of every call; programs run half as fast"},
	}
}

// On says whether a setting is on.
func (s *Settings) On(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.on[name]
}

// Turn turns settings on or off.
func (s *Settings) Turn(on bool, names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.on == nil {
		s.on = map[string]bool{}
	}
	for _, name := range names {
		s.on[name] = on
	}
}

// Width is how many columns what is shown may have.
func (s *Settings) Width() int {
	s.mu.Lock()
	width := s.width
	s.mu.Unlock()
	switch {
	case width > 0:
		return width
	case s.Columns == nil:
		return 80
	}
	return s.Columns()
}

// leastWidth is what nothing narrower is asked for than.
const leastWidth = 20

// set is ":set NAME VALUE".
func (s *Settings) set(name, value string) error {
	if name == "width" {
		n, err := strconv.Atoi(value)
		if value == "auto" {
			n, err = 0, nil
		} else if err != nil || n < leastWidth || n > 10000 {
			return fmt.Errorf("width: got %q, want auto, or a number of columns from %d", value, leastWidth)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.width = n
		return nil
	}
	names := []string{"width"}
	for _, sw := range switches() {
		if sw[0] == name {
			if value != "on" && value != "off" {
				return fmt.Errorf("%s: got %q, want on or off", name, value)
			}
			s.Turn(value == "on", name)
			return nil
		}
		names = append(names, sw[0])
	}
	return fmt.Errorf("got %q, want one of %s", name, strings.Join(names, ", "))
}

// list is all settings, one on each line.
func (s *Settings) list() string {
	s.mu.Lock()
	width := "auto"
	if s.width > 0 {
		width = strconv.Itoa(s.width)
	}
	s.mu.Unlock()
	text := fmt.Sprintf("  %-8s %-5s %s\n", "width", width, "columns of what is shown; auto is the terminal's")
	for _, sw := range switches() {
		value := "off"
		if s.On(sw[0]) {
			value = "on"
		}
		text += fmt.Sprintf("  %-8s %-5s %s\n", sw[0], value, sw[1])
	}
	return text
}

// setting is :set.
func (s *session) setting(arg string) error {
	words := strings.Fields(arg)
	switch len(words) {
	case 0:
		s.Editor.Print(s.Settings.list())
		return nil
	case 2:
		return s.Settings.set(words[0], words[1])
	}
	return fmt.Errorf("got %q, want NAME VALUE, or nothing to list them", arg)
}
