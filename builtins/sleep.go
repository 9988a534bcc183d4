package builtins

import (
	"context"
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

const sleepDoc = `waits for some time, while other tasks run

To wait for something to happen, wait for that instead.

    sleep("10ms")`

var sleepParams = []param{{"duration", "duration", `"250ms", "10s", or a number of seconds`}}

func sleep(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var v starlark.Value
	if err := starlark.UnpackArgs(fn.Name(), args, kwargs, "duration", &v); err != nil {
		return nil, err
	}
	d, ok := timeSpan(v)
	if !ok {
		return nil, fmt.Errorf(`%s: for parameter duration: got %s, want a duration like "250ms" or a number of seconds`, fn.Name(), v)
	}
	ctx := host.Context(th)
	return starlark.None, host.Blocking(th, func() error {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	})
}

// timeSpan reads a duration that may be 0.
func timeSpan(v starlark.Value) (time.Duration, bool) {
	switch v := v.(type) {
	case starlark.String:
		d, err := time.ParseDuration(string(v))
		return d, err == nil && d >= 0
	case starlark.Int, starlark.Float:
		f, _ := starlark.AsFloat(v)
		return time.Duration(f * float64(time.Second)), f >= 0 && f < 1e9
	}
	return 0, false
}
