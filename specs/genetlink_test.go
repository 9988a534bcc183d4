package specs_test

import (
	"testing"

	"golang.org/x/sys/unix"

	"github.com/nlsh/nlsh/internal/schema"
	"github.com/nlsh/nlsh/internal/wire"
)

// What the kernel only tells is not among the operations of its specs.
func TestToldOnly(t *testing.T) {
	for _, c := range []struct {
		spec, group string
		told        map[int]string
	}{
		{"devlink.yaml", "config", map[int]string{
			unix.DEVLINK_CMD_DEL: "del-ntf", unix.DEVLINK_CMD_PORT_DEL: "port-del-ntf", unix.DEVLINK_CMD_PARAM_NEW: "param-new-ntf",
			unix.DEVLINK_CMD_PARAM_DEL: "param-del-ntf", unix.DEVLINK_CMD_REGION_DEL: "region-del-ntf",
			unix.DEVLINK_CMD_HEALTH_REPORTER_RECOVER: "health-reporter-recover-ntf", unix.DEVLINK_CMD_FLASH_UPDATE_END: "flash-update-end-ntf",
			unix.DEVLINK_CMD_FLASH_UPDATE_STATUS: "flash-update-status-ntf", unix.DEVLINK_CMD_TRAP_DEL: "trap-del-ntf",
			unix.DEVLINK_CMD_TRAP_GROUP_DEL: "trap-group-del-ntf", unix.DEVLINK_CMD_TRAP_POLICER_DEL: "trap-policer-del-ntf",
		}},
		{"nl80211.yaml", "config", map[int]string{
			unix.NL80211_CMD_NEW_WIPHY: "new-wiphy-ntf", unix.NL80211_CMD_DEL_WIPHY: "del-wiphy-ntf", unix.NL80211_CMD_SET_INTERFACE: "set-interface-ntf",
			unix.NL80211_CMD_NEW_INTERFACE: "new-interface-ntf", unix.NL80211_CMD_DEL_INTERFACE: "del-interface-ntf",
		}},
		{"nl80211.yaml", "scan", map[int]string{
			unix.NL80211_CMD_TRIGGER_SCAN: "trigger-scan-ntf", unix.NL80211_CMD_NEW_SCAN_RESULTS: "new-scan-results-ntf",
			unix.NL80211_CMD_SCAN_ABORTED: "scan-aborted-ntf",
		}},
		{"nl80211.yaml", "regulatory", map[int]string{
			unix.NL80211_CMD_REG_CHANGE: "reg-change-ntf", unix.NL80211_CMD_WIPHY_REG_CHANGE: "wiphy-reg-change-ntf",
		}},
		{"mptcp_pm.yaml", "mptcp_pm_events", map[int]string{1: "created", 3: "closed", 6: "announced", 13: "sub-priority", 16: "listener-closed"}},
	} {
		spec := corrected(t, c.spec)
		for num, want := range c.told {
			if op := spec.OpOfReply(num); op == nil || op.Name != want || op.Group != c.group || op.Set == 0 {
				t.Errorf("%s: command %d: got %+v, want %s of group %s", c.spec, num, op, want, c.group)
			}
		}
	}
	for name, want := range map[string]int{"set-wiphy": unix.NL80211_CMD_SET_WIPHY, "req-set-reg": unix.NL80211_CMD_REQ_SET_REG,
		"get-reg": unix.NL80211_CMD_GET_REG, "set-wiphy-netns": unix.NL80211_CMD_SET_WIPHY_NETNS} {
		if op := corrected(t, "nl80211.yaml").FindOp(name); op == nil || int(op.Do.Request) != want {
			t.Errorf("nl80211: %s: got %+v, want command %d", name, op, want)
		}
	}
	pm := corrected(t, "mptcp_pm.yaml")
	if op := pm.OpOfAnswer(3); op == nil || op.Name != "get-addr" {
		t.Errorf("an answer of mptcp_pm, command 3: got %+v, want get-addr", op)
	}
}

// Data whose type another attribute says: parameters of devlink, options of team.
func TestDataOfVariableType(t *testing.T) {
	u8, u16, u32, u64, text := []byte{5}, []byte{5, 0}, []byte{5, 0, 0, 0}, []byte{5, 0, 0, 0, 0, 0, 0, 0}, []byte("eth\x00")
	type typed struct {
		typ   byte
		bytes []byte
		want  string
	}
	for _, c := range []struct {
		spec, set, data string
		says, num       uint16 // attributes: that of the type, that of the data
		types           []typed
	}{
		{"devlink.yaml", "devlink", "param-value-data", unix.DEVLINK_ATTR_PARAM_TYPE, unix.DEVLINK_ATTR_PARAM_VALUE_DATA,
			[]typed{{1, u8, "5"}, {2, u16, "5"}, {3, u32, "5"}, {4, u64, "5"}, {5, text, `"eth"`}, {6, nil, ""}}},
		{"team.yaml", "attr-option", "data", 3, 4, []typed{{3, u32, "5"}, {5, text, `"eth"`}, {6, nil, ""}, {11, u64, ""}, {14, u32, "5"}}},
	} {
		spec := corrected(t, c.spec)
		for _, is := range c.types {
			var out wire.Builder
			out.Attr(c.says, []byte{is.typ})
			out.Attr(c.num, is.bytes)
			m := &schema.Msg{Spec: spec, Set: spec.FindSet(c.set), Data: out.Bytes()}
			v, ok, err := m.Get(c.data)
			if err != nil || !ok {
				t.Fatalf("%s: type %d: %v, %v", c.spec, is.typ, ok, err)
			}
			got := ""
			if v.Msg() != nil {
				value, _, _ := v.Msg().Get("value")
				got = value.String()
			}
			if got != is.want {
				t.Errorf("%s: type %d: got %q, want %q", c.spec, is.typ, got, is.want)
			}
		}
	}
}
