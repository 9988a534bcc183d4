package golden

import (
	"fmt"
	"slices"
	"strings"
)

// around is how many lines that are the same a diff shows before and after those that are not.
const around = 3

// mostEdits bounds the search for the shortest difference, which takes its square; what differs in more lines is shown
// as one block.
const mostEdits = 2000

// Diff shows the lines in which two texts differ: - is only in want, + only in got. It is "" where nothing does.
func Diff(want, got string) string {
	if want == got {
		return ""
	}
	var b strings.Builder
	edits := script(lines(want), lines(got))
	for from := 0; from < len(edits); {
		if edits[from].op == ' ' {
			from++
			continue
		}
		start, end := max(0, from-around), from
		for i := from; i < len(edits) && i <= end+2*around; i++ {
			if edits[i].op != ' ' {
				end = i
			}
		}
		from = end + 1
		fmt.Fprintf(&b, "@@ line %d @@\n", edits[start].line)
		for _, e := range edits[start:min(len(edits), end+1+around)] {
			fmt.Fprintf(&b, "%c %s\n", e.op, e.text)
		}
	}
	return b.String()
}

// lines splits a text; a last line without an end says so, as it would else look like one that has it.
func lines(text string) []string {
	var list []string
	for line := range strings.Lines(text) {
		line, ended := strings.CutSuffix(line, "\n")
		list = append(list, line)
		if !ended {
			list = append(list, noEnd)
		}
	}
	return list
}

// edit is a line of a diff. line is its number in what is wanted.
type edit struct {
	op   byte // ' ', '-', '+'
	line int
	text string
}

// script is the whole way from one text to the other.
func script(want, got []string) []edit {
	head := 0
	for head < len(want) && head < len(got) && want[head] == got[head] {
		head++
	}
	tail := 0
	for tail < min(len(want), len(got))-head && want[len(want)-1-tail] == got[len(got)-1-tail] {
		tail++
	}
	a, b := want[head:len(want)-tail], got[head:len(got)-tail]
	edits := make([]edit, 0, len(want)+len(b))
	line := 1
	add := func(op byte, text string) {
		edits = append(edits, edit{op, line, text})
		if op != '+' {
			line++
		}
	}
	for _, s := range want[:head] {
		add(' ', s)
	}
	for _, op := range shortest(a, b) {
		switch op {
		case '+':
			add(op, b[0])
			b = b[1:]
		default:
			add(op, a[0])
			a = a[1:]
			if op == ' ' {
				b = b[1:]
			}
		}
	}
	for _, s := range want[len(want)-tail:] {
		add(' ', s)
	}
	return edits
}

// shortest is the least number of deletions and insertions, by Myers, "An O(ND) Difference Algorithm and Its Variations"
// (1986): for each number of edits, how far each diagonal gets.
func shortest(a, b []string) []byte {
	limit := min(len(a)+len(b), mostEdits)
	far := make([]int, 2*limit+3) // of diagonal k at limit+1+k
	var rounds [][]int            // far as it was before each round, of diagonals -d-1 to d+1
	for d := 0; d <= limit; d++ {
		rounds = append(rounds, append([]int(nil), far[limit-d:limit+d+3]...))
		for k := -d; k <= d; k += 2 {
			x, _ := further(far[limit-d:], k, d)
			for x < len(a) && x-k < len(b) && a[x] == b[x-k] {
				x++
			}
			far[limit+1+k] = x
			if x >= len(a) && x-k >= len(b) {
				return back(rounds, len(a), len(b))
			}
		}
	}
	return []byte(strings.Repeat("-", len(a)) + strings.Repeat("+", len(b)))
}

// further is where edit d gets on diagonal k, from how far d-1 edits got on diagonals -d-1 to d+1, and by what.
func further(far []int, k, d int) (x int, op byte) {
	at := func(k int) int { return far[k+d+1] }
	if k == -d || k != d && at(k-1) < at(k+1) {
		return at(k + 1), '+'
	}
	return at(k-1) + 1, '-'
}

// back follows the rounds from the end to the beginning.
func back(rounds [][]int, x, y int) []byte {
	var ops []byte
	for d := len(rounds) - 1; d >= 0; d-- {
		k := x - y
		from, op := further(rounds[d], k, d)
		if d == 0 {
			from = 0
		}
		for ; x > from; x, y = x-1, y-1 {
			ops = append(ops, ' ')
		}
		if d == 0 {
			break
		}
		ops = append(ops, op)
		if op == '+' {
			y--
		} else {
			x--
		}
	}
	slices.Reverse(ops)
	return ops
}
