package builtins

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.starlark.net/starlark"
)

// maxError is how long the text of an error may be. What is longer quotes
// somebody's data, of which the middle is left out.
const maxError = 500

// tidied is body, whose errors are tidy.
func tidied(body funcBody) funcBody {
	return func(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		v, err := body(th, fn, args, kwargs)
		if err != nil {
			err = tidy(err)
		}
		return v, err
	}
}

// advised is body, whose errors about its arguments say what to give instead:
// the names that there are, and a namespace where its name was given.
func advised(body funcBody, params []param) funcBody {
	return func(th *starlark.Thread, fn *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		v, err := body(th, fn, args, kwargs)
		if err == nil || !strings.HasPrefix(err.Error(), fn.Name()+": ") {
			return v, err
		}
		text := err.Error()
		switch {
		case strings.HasPrefix(text, fn.Name()+": unexpected keyword argument "):
			var names []string
			for _, p := range params {
				if strings.HasPrefix(p.name, "*") {
					return nil, err // it is no keyword
				}
				names = append(names, p.name)
			}
			if len(names) == 0 {
				return nil, fmt.Errorf("%s, want none", text)
			}
			text, hint, guessed := strings.Cut(text, " (did you mean ")
			if text += ", want "; len(names) > 1 {
				text += "one of "
			}
			text += strings.Join(names, ", ")
			if guessed {
				text += " (did you mean " + hint
			}
			return nil, errors.New(text)
		case strings.HasSuffix(text, ": got string, want netns"):
			return nil, fmt.Errorf(`%s (netns.open("NAME") opens one by its name)`, text)
		}
		return v, err
	}
}

// tidyError is an error whose text was not fit for a line.
type tidyError struct {
	text string
	err  error
}

func (e *tidyError) Error() string { return e.text }
func (e *tidyError) Unwrap() error { return e.err }

// tidy brings the text of an error into one line of bearable length. What a
// function of the script raised is left as it is.
func tidy(err error) error {
	var eval *starlark.EvalError
	if errors.As(err, &eval) {
		return err
	}
	was := err.Error()
	text := strings.ReplaceAll(was, "\n", `\n`)
	if n := len(text); n > maxError {
		head, tail := maxError/2, n-maxError/3
		for !utf8.RuneStart(text[head]) {
			head--
		}
		for tail < n && !utf8.RuneStart(text[tail]) {
			tail++
		}
		text = text[:head] + " ... " + text[tail:]
	}
	if text == was {
		return err
	}
	return &tidyError{text, err}
}

// wantCallable is an error where v, the first argument of fn, cannot be called.
func wantCallable(fn *starlark.Builtin, v starlark.Value) error {
	if _, ok := v.(starlark.Callable); !ok {
		return fmt.Errorf("%s: for parameter fn: got %s, want callable", fn.Name(), v.Type())
	}
	return nil
}
