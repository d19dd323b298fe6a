// The only place that speaks HTTP. Every call is typed, same-origin, and fails with one `ApiError` a person can read.
import type {
  Ask, FileFacts, FolderReport, Job, Model, Picture, PictureQuery, Recalled, ServerFacts, State, Tokens,
} from "./api-types";

export class ApiError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
    readonly retryable: boolean,
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

const ROOT = "/api/v1";

async function call<T>(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<T> {
  return (await answered(method, path, body, headers)).json() as Promise<T>;
}

async function answered(
  method: string, path: string, body?: unknown, headers: Record<string, string> = {},
): Promise<Response> {
  const form = body instanceof FormData;
  const sent: Record<string, string> = { "X-Unfog": "1", ...headers };
  if (body !== undefined && !form) sent["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(ROOT + path, {
      method,
      headers: sent,
      credentials: "same-origin",
      referrerPolicy: "no-referrer",
      ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
    });
  } catch {
    throw new ApiError("The server does not answer. Is `unfog serve` still running?", "offline", 0, true);
  }
  if (!response.ok) throw await failed(response);
  return response;
}

async function failed(response: Response): Promise<ApiError> {
  const after = Number(response.headers.get("Retry-After"));
  let message = `The server answered ${response.status}.`;
  let code = String(response.status);
  let retryable = response.status === 429 || response.status >= 500;
  try {
    const told = (await response.json()) as { error?: { code?: string; message?: string; retryable?: boolean } };
    message = told.error?.message ?? message;
    code = told.error?.code ?? code;
    retryable = told.error?.retryable ?? retryable;
  } catch {
    // not JSON: a proxy in between; the status says enough
  }
  if (response.status === 401) message = "This page is not signed in. Open the link that `unfog serve` printed when it started.";
  return new ApiError(message, code, response.status, retryable, Number.isFinite(after) && after > 0 ? after : null);
}

function query(values: object): string {
  const out = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== "" && value !== false) out.set(key, String(value));
  }
  const text = out.toString();
  return text ? `?${text}` : "";
}

function fileForm(file: Blob, name: string): FormData {
  const form = new FormData();
  form.set("file", file, name);
  return form;
}

export const api = {
  server: () => call<ServerFacts>("GET", "/server"),
  models: async () => (await call<{ models: Model[] }>("GET", "/models")).models,
  useModel: (id: string) => call<unknown>("POST", `/models/${encodeURIComponent(id)}/use`, {}),
  tokens: (prompt: string, negative: string, model?: string) =>
    call<Tokens>("POST", "/tokens", { prompt, negative, ...(model ? { model } : {}) }),

  submit: (ask: Ask, key: string) => call<Job>("POST", "/jobs", ask, { "Idempotency-Key": key }),
  jobs: async (asked: { limit?: number; state?: State; task?: Ask["task"] } = {}) =>
    (await call<{ jobs: Job[]; next: string | null }>("GET", `/jobs${query(asked)}`)).jobs,
  job: (id: string) => call<Job>("GET", `/jobs/${id}`),
  cancel: (id: string) => call<Job>("DELETE", `/jobs/${id}`),
  pause: (id: string) => call<Job>("POST", `/jobs/${id}/pause`, {}),
  resume: (id: string) => call<Job>("POST", `/jobs/${id}/resume`, {}),
  eventsUrl: (id: string, after = 0) => `${ROOT}/jobs/${id}/events${query({ after: after || undefined })}`,
  jobFileUrl: (id: string, name: string) => `${ROOT}/jobs/${id}/files/${encodeURIComponent(name)}`,

  addFile: (file: Blob, name = "picture.png") => call<FileFacts>("POST", "/files", fileForm(file, name)),
  fileUrl: (id: string) => `${ROOT}/files/${id}`,
  recall: (file: Blob, name = "picture.png") => call<Recalled>("POST", "/recall", fileForm(file, name)),

  pictures: (asked: PictureQuery) =>
    call<{ pictures: Picture[]; next: string | number | null }>("GET", `/pictures${query(asked)}`),
  pictureUrl: (id: string) => `${ROOT}/pictures/${id}/file`,
  thumbUrl: (id: string) => `${ROOT}/pictures/${id}/thumb`,
  star: (id: string, starred: boolean) => call<unknown>("PATCH", `/pictures/${id}`, { starred }),
  remove: (id: string) => answered("DELETE", `/pictures/${id}`),
  restore: (id: string) => answered("POST", `/pictures/${id}/restore`, {}),
  archive: async (ids: string[]) => (await answered("POST", "/pictures/archive", { ids })).blob(),

  folders: () => call<{ roots: { name: string; folders: (string | { name: string })[] }[] }>("GET", "/training/folders"),
  check: (folder: string) => call<FolderReport>("POST", "/training/check", { folder }),
};
