package system

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

var jobCodes = frame.Codes{Invalid: "INVALID_REQUEST", NotFound: "JOB_NOT_FOUND"}

// job is long work: a row of operations in the words of this dialect.
type job struct {
	ID         string          `json:"id"`
	Type       string          `json:"type" doc:"the kind of work, as in drive_import"`
	Status     string          `json:"status" enum:"queued,running,undoing,completed,failed,cancelled"`
	Message    string          `json:"message,omitempty" doc:"what it is doing, what it waits for, or why it failed"`
	Progress   float64         `json:"progress" doc:"in percent"`
	Step       string          `json:"step,omitempty"`
	Ahead      int64           `json:"ahead" doc:"how many jobs of the same machine run first"`
	Cancelled  bool            `json:"cancel_requested"`
	Resource   jobResource     `json:"resource"`
	Result     json.RawMessage `json:"result,omitempty"`
	CreatedBy  string          `json:"created_by"`
	CreatedAt  string          `json:"created_at" format:"date-time"`
	StartedAt  *string         `json:"started_at,omitempty" format:"date-time"`
	FinishedAt *string         `json:"finished_at,omitempty" format:"date-time"`
}

// jobResource names what a job is about.
type jobResource struct {
	Type string `json:"type" doc:"disk, virtual machine, snapshot, network or ISO image"`
	ID   string `json:"id"`
}

type jobList struct {
	Jobs  []job `json:"jobs"`
	Count int   `json:"count"`
}

type jobsInput struct {
	Status string `query:"status" enum:"queued,running,undoing,completed,failed,cancelled" doc:"only jobs with this status"`
}

type jobRow struct {
	Key      int64           `json:"$key"`
	Kind     string          `json:"kind"`
	Object   string          `json:"object"`
	Status   string          `json:"status"`
	Info     string          `json:"status_info"`
	Progress float64         `json:"progress_pct"`
	Place    int64           `json:"place"`
	Step     string          `json:"step"`
	Cancel   bool            `json:"cancel"`
	Result   json.RawMessage `json:"result"`
	Creator  string          `json:"creator"`
	Created  int64           `json:"created"`
	Started  *int64          `json:"started"`
	Ended    *int64          `json:"ended"`
}

const jobFields = "$key,kind,object,status,status_info,progress_pct,place,step,cancel,result,creator,created,started,ended"

// jobStatus has the words of this dialect that differ from the table's.
var jobStatus = map[string]string{"complete": "completed", "error": "failed"}

// jobSubjects are the types of what jobs are about.
var jobSubjects = map[string]string{"machine_drives": "disk", "vms": "virtual machine", "machines": "virtual machine", "vnets": "network", "files": "ISO image", "machine_snapshots": "snapshot"}

func (row *jobRow) job() job {
	table, id, _ := strings.Cut(row.Object, "/")
	if string(row.Result) == "null" { // omitempty keeps that
		row.Result = nil
	}
	return job{
		ID: shape.Key(row.Key), Type: row.Kind, Status: cmp.Or(jobStatus[row.Status], row.Status), Message: row.Info, Progress: row.Progress,
		Step: row.Step, Ahead: row.Place, Cancelled: row.Cancel, Resource: jobResource{Type: cmp.Or(jobSubjects[table], "object"), ID: id}, Result: row.Result,
		CreatedBy: row.Creator, CreatedAt: shape.Stamp(row.Created), StartedAt: shape.StampOrNil(row.Started), FinishedAt: shape.StampOrNil(row.Ended),
	}
}

func addJobs(s *service) {
	op := func(id, method, path, summary string) frame.Operation {
		return frame.Operation{ID: id, Method: method, Path: "/jobs" + path, Summary: summary, Tag: "jobs", Codes: jobCodes}
	}
	frame.Add(s.Server, op("list-jobs", http.MethodGet, "", "List long work, the newest first"), s.listJobs)
	frame.Add(s.Server, op("get-job", http.MethodGet, "/{id}", "Read how far a job is"), func(ctx context.Context, in *frame.ByID) (job, error) {
		return s.job(ctx, in.ID, perm.Read)
	})
	frame.Add(s.Server, op("cancel-job", http.MethodPost, "/{id}/cancel", "Stop a job and take back what it has done"), func(ctx context.Context, in *frame.ByID) (job, error) {
		for _, right := range []perm.Right{perm.Read, perm.Modify} { // it shows what it has changed
			if _, err := s.job(ctx, in.ID, right); err != nil {
				return job{}, err
			}
		}
		if _, err := s.Engine.Act(ctx, "operations", in.ID, "cancel", nil); err != nil {
			return job{}, err
		}
		return s.job(ctx, in.ID, perm.Read)
	})
}

func (s *service) listJobs(ctx context.Context, in *jobsInput) (jobList, error) {
	r := query.Request{Fields: jobFields, Sort: "-$key"}
	if in.Status != "" {
		r.Equals = map[string]string{"status": in.Status}
		for theirs, ours := range jobStatus {
			if ours == in.Status {
				r.Equals["status"] = theirs
			}
		}
	}
	rows, err := engine.List[jobRow](ctx, s.Engine, "operations", r)
	list := jobList{Jobs: make([]job, len(rows)), Count: len(rows)}
	for i := range rows {
		list.Jobs[i] = rows[i].job()
	}
	return list, err
}

func (s *service) job(ctx context.Context, id string, right perm.Right) (job, error) {
	row, err := engine.One[jobRow](ctx, s.Engine, "operations", query.Request{Fields: jobFields, Key: id}, right)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "not_found", "there is no job %q", id)
	}
	return row.job(), err
}
