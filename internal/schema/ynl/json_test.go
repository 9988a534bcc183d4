package ynl_test

import (
	"encoding/json"
	"fmt"
)

// object is a JSON object that keeps the order of its keys: messages in the
// record were built in that order.
type object []member

type member struct {
	key string
	val any // string, json.Number, bool, nil, []any or object
}

func (o object) get(key string) (any, bool) {
	for _, m := range o {
		if m.key == key {
			return m.val, true
		}
	}
	return nil, false
}

// UnmarshalJSON reads an object in order.
func (o *object) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(newReader(data))
	dec.UseNumber()
	v, err := orderedValue(dec)
	if err != nil {
		return err
	}
	obj, ok := v.(object)
	if !ok {
		return fmt.Errorf("got %T, want an object", v)
	}
	*o = obj
	return nil
}

func orderedValue(dec *json.Decoder) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('{'):
		obj := object{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			val, err := orderedValue(dec)
			if err != nil {
				return nil, err
			}
			obj = append(obj, member{key.(string), val})
		}
		_, err := dec.Token()
		return obj, err
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			val, err := orderedValue(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, val)
		}
		_, err := dec.Token()
		return list, err
	}
	return tok, nil
}
