package main

import (
	"encoding/json"
	"math"
	"testing"
	"time"
)

var example = Event{"uuid-123", time.Date(2026, 1, 18, 12, 34, 56, 0, time.UTC), "billing", "error", "card declined", "web-3",
	"4bf92f3577b34da6", 502, 187.5}

func fieldsOf(t *testing.T, event Event) map[string]any {
	t.Helper()
	text, err := event.ToJSON()
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

func TestIsTheDocumentedJSON(t *testing.T) {
	got, err := example.ToJSON()
	want := `{"event_id":"uuid-123","ts":"2026-01-18T12:34:56.000Z","service":"billing","level":"error",` +
		`"message":"card declined","host":"web-3","trace_id":"4bf92f3577b34da6","status":502,"duration_ms":187.5}`
	if err != nil || string(got) != want {
		t.Errorf("got %s %v, want %s", got, err, want)
	}
}

func TestKeyIsTheService(t *testing.T) {
	if string(example.Key()) != "billing" {
		t.Errorf("got %s", example.Key())
	}
}

func TestTimesOfAnyZoneBecomeUTCWithMilliseconds(t *testing.T) {
	event := example
	event.TS = time.Date(2026, 1, 18, 13, 34, 56, 789999000, time.FixedZone("Berlin", 3600))
	if ts := fieldsOf(t, event)["ts"]; ts != "2026-01-18T12:34:56.789Z" {
		t.Errorf("got %v", ts)
	}
}

func TestTextOfAnyKindSurvives(t *testing.T) {
	event := example
	event.Message = "Zoë says \"<hi>\" \\ \n\t 東京 🎈"
	if message := fieldsOf(t, event)["message"]; message != event.Message {
		t.Errorf("got %v", message)
	}
}

func TestRefusesWhatCannotBeKept(t *testing.T) {
	for name, change := range map[string]func(*Event){
		"NaN":      func(e *Event) { e.DurationMS = math.NaN() },
		"infinity": func(e *Event) { e.DurationMS = math.Inf(1) },
		"no id":    func(e *Event) { e.EventID = "" },
		"no UTF-8": func(e *Event) { e.Message = "\xed\xa0\xbd" },
	} {
		event := example
		change(&event)
		if text, err := event.ToJSON(); err == nil {
			t.Errorf("%s: no error but %s", name, text)
		}
	}
}

func TestMadeEventsAreDistinctAndComplete(t *testing.T) {
	ids := map[any]bool{}
	for range 1000 {
		fields := fieldsOf(t, MakeEvent())
		if len(fields) != 9 {
			t.Fatalf("got %v", fields)
		}
		ids[fields["event_id"]] = true
	}
	if len(ids) != 1000 {
		t.Errorf("%d different ids of 1000", len(ids))
	}
}
