package builtins

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.starlark.net/starlark"
	"golang.org/x/sys/unix"
)

// timeModule has clocks, and the texts of times and durations. There is no type
// for either: a time is the seconds since 1970, a duration is seconds, as they
// are wherever nlsh takes a timeout, so they compare, add and sort as numbers do.
func timeModule(scale float64) *module {
	about := []attribute{{name: "scale", typ: "float", doc: "what the time is multiplied by that waiting for events may take: --time-scale, 1.0 by default"}}
	return &module{name: "time", doc: "clocks, and the writing of times", about: about, members: starlark.StringDict{
		"scale":           starlark.Float(scale),
		"now":             newFunc("time.now", timeNowDoc, nil, clock(unix.CLOCK_REALTIME, seconds)),
		"now_ns":          newFunc("time.now_ns", timeNowNsDoc, nil, clock(unix.CLOCK_REALTIME, nanoseconds)),
		"monotonic":       newFunc("time.monotonic", timeMonotonicDoc, nil, clock(unix.CLOCK_MONOTONIC, seconds)),
		"monotonic_ns":    newFunc("time.monotonic_ns", timeMonotonicNsDoc, nil, clock(unix.CLOCK_MONOTONIC, nanoseconds)),
		"format":          newFunc("time.format", timeFormatDoc, timeFormatParams, timeFormat),
		"parse":           newFunc("time.parse", timeParseDoc, timeParseParams, timeParse),
		"format_duration": newFunc("time.format_duration", formatDurationDoc, []param{{"seconds", "int or float", "the duration"}}, formatDuration),
		"parse_duration":  newFunc("time.parse_duration", parseDurationDoc, []param{{"text", "string", `like "1m30s"; units are ns, us, ms, s, m, h, d`}}, parseDuration),
	}}
}

const timeNowDoc = `returns the time in seconds since 1970, as a float

    print(time.format(time.now()))`

const timeNowNsDoc = `returns the time in nanoseconds since 1970, as an int

    time.now_ns() > 1700000000 * 1000000000     # True`

const timeMonotonicDoc = `returns seconds on a clock that nobody sets (CLOCK_MONOTONIC), for measuring how long something takes

    start = time.monotonic()
    time.monotonic() - start >= 0           # True`

const timeMonotonicNsDoc = `returns nanoseconds on the clock of time.monotonic, as an int: the kernel's own timestamps

    time.monotonic_ns() > 0                 # True`

func seconds(t unix.Timespec) starlark.Value {
	return starlark.Float(float64(t.Sec) + float64(t.Nsec)/1e9)
}
func nanoseconds(t unix.Timespec) starlark.Value { return starlark.MakeInt64(t.Nano()) }

// clock makes the builtin that reads a clock of the kernel.
func clock(id int32, value func(unix.Timespec) starlark.Value) funcBody {
	return func(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if err := starlark.UnpackArgs(b.Name(), args, kwargs); err != nil {
			return nil, err
		}
		var t unix.Timespec
		if err := unix.ClockGettime(id, &t); err != nil {
			return nil, fmt.Errorf("%s: clock_gettime: %w", b.Name(), err)
		}
		return value(t), nil
	}
}

const timeFormatDoc = `returns a time as text

    time.format(0)                              # "1970-01-01T00:00:00Z"
    time.format(1.5, layout = "15:04:05.000")   # "00:00:01.500"`

var timeFormatParams = []param{
	{"seconds", "int or float", "since 1970"},
	{"layout", "string = None", `Go's: how 2006-01-02T15:04:05Z07:00, the default, would be written`},
	{"local", "bool = False", "in the time zone of the machine; False, which is UTC, by default"},
}

func timeFormat(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var n numberArg
	layout, local := time.RFC3339, false
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "seconds", &n, "layout?", &layout, "local?", &local); err != nil {
		return nil, err
	}
	f, _ := starlark.AsFloat(n.v)
	if !(math.Abs(f) < 250e9) { // the year 9892, and before anything
		return nil, fmt.Errorf("%s: for parameter seconds: got %s, want a time (before the year 9893)", b.Name(), n.v)
	}
	whole := math.Floor(f)
	t := time.Unix(int64(whole), int64((f-whole)*1e9+0.5))
	if !local {
		t = t.UTC()
	}
	return starlark.String(t.Format(layout)), nil
}

const timeParseDoc = `returns the seconds since 1970 of a text

    time.parse("1970-01-01T01:00:00+01:00")     # 0.0
    time.parse("2026-01-02", layout = "2006-01-02")     # 1767312000.0`

var timeParseParams = []param{
	{"text", "string", "the time; UTC where it names no zone"},
	{"layout", "string = None", `Go's: how 2006-01-02T15:04:05Z07:00, the default, would be written`},
}

func timeParse(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	layout := time.RFC3339
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "text", &text, "layout?", &layout); err != nil {
		return nil, err
	}
	t, err := time.Parse(layout, text)
	if err != nil {
		return nil, fmt.Errorf("%s: for parameter text: got %q, want a time like %q", b.Name(), text, layout)
	}
	return starlark.Float(float64(t.Unix()) + float64(t.Nanosecond())/1e9), nil
}

const formatDurationDoc = `returns a duration as text, to the nanosecond

    time.format_duration(90.5)              # "1m30.5s"
    time.format_duration(0.00025)           # "250µs"`

func formatDuration(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var n numberArg
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "seconds", &n); err != nil {
		return nil, err
	}
	f, _ := starlark.AsFloat(n.v)
	if !(math.Abs(f) < 9e9) {
		return nil, fmt.Errorf("%s: for parameter seconds: got %s, want less than 9e9 (285 years)", b.Name(), n.v)
	}
	return starlark.String(time.Duration(math.Round(f * 1e9)).String()), nil
}

const parseDurationDoc = `returns the seconds of a duration

    time.parse_duration("1m30s")            # 90.0
    time.parse_duration("1d12h")            # 129600.0`

func parseDuration(_ *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var text string
	if err := starlark.UnpackArgs(b.Name(), args, kwargs, "text", &text); err != nil {
		return nil, err
	}
	f, err := durationText(text)
	if err != nil {
		return nil, fmt.Errorf(`%s: for parameter text: got %q, want a duration like "10s" or "1h30m"`, b.Name(), text)
	}
	return starlark.Float(f), nil
}

// durationText reads what Go does, and days before that.
func durationText(text string) (float64, error) {
	rest, sign := strings.CutPrefix(text, "-")
	days, rest, ok := strings.Cut(rest, "d")
	if !ok {
		d, err := time.ParseDuration(text)
		return d.Seconds(), err
	}
	n, err := strconv.ParseUint(days, 10, 16)
	total := float64(n) * 86400
	if err == nil && rest != "" {
		var d time.Duration
		d, err = time.ParseDuration("+" + rest)
		total += d.Seconds()
	}
	if sign {
		total = -total
	}
	return total, err
}
