"""The worklists: which there are, what their sheets show, what they ask, what the answers become.

A column shown is one of the dbt model; an answer is one of the feed. Tests hold both against them.
"""

from types import MappingProxyType

from vax_pipeline.core import schemas
from vax_pipeline.core.worklists.spec import Answer, Returns, Shown, Worklist

_SEVERAL_HINT = "Chọn trong danh sách; nhiều mục thì ghi cách nhau bằng dấu chấm phẩy"
_COMPLAINT = Shown("complaint_id", "Mã phản ánh", 16)
_COMPLAINT_TYPE = Shown("complaint_type_vi", "Loại phản ánh", 22)
_NAME = Shown("full_name", "Họ và tên", 24)
_BIRTH_ON = Shown("birth_on", "Ngày sinh", 12)
_BIRTH_TYPED = Shown("birth_typed", "Ngày sinh", 12)
_SEX = Shown("sex", "Giới tính", 9, "answer_sex")
_ID = Shown("id_typed", "Số CCCD/CMND", 16)
_SEVERITY = Shown("severity", "Mức độ", 10, "severity")


def _moment(header: str, columns: tuple[str, ...]) -> Answer:
    """When it was done: tells the answers about one item apart."""
    return Answer(
        header,
        columns,
        when="moment",
        is_required=True,
        hint="Ngày/tháng/năm giờ:phút, ví dụ 08/12/2021 14:30",
    )


FACILITY_COMPLAINTS = Worklist(
    schemas.WL_FACILITY_COMPLAINTS,
    "Phản ánh cần xử lý",
    "Xem xét từng phản ánh, chọn quyết định và ghi ngày giờ quyết định. Hạn: 48 giờ kể từ khi tiếp nhận "
    "(cột Hạn xem xét); đã chọn Xử lý sau thì hết ngày xem xét lại. Từ chối phải có lý do; Xử lý sau phải có "
    "ngày xem xét lại.",
    (
        _COMPLAINT,
        Shown("claim_no", "Mục số", 7),
        Shown("owner_code", "Đơn vị xử lý", 13),
        Shown("received_at", "Thời điểm tiếp nhận", 17),
        Shown("due_at", "Hạn xem xét", 17),
        Shown("clock_state", "Tình trạng hạn", 13, "clock_state"),
        Shown("state", "Trạng thái", 16, "complaint_state"),
        _COMPLAINT_TYPE,
        _NAME,
        _BIRTH_ON,
        Shown("claim_kind", "Người dân báo", 16, "claim_kind"),
        Shown("claimed_dose_type", "Loại mũi khai báo", 14, "slot"),
        Shown("claimed_dose_no", "Mũi số khai báo", 9),
        Shown("claimed_vaccine_code", "Vắc xin khai báo", 14),
        Shown("claimed_lot_number", "Số lô khai báo"),
        Shown("claimed_injected_on", "Ngày tiêm khai báo", 12),
        Shown("claimed_facility_code", "Mã cơ sở khai báo"),
        Shown("record_id", "Mã bản ghi đối chiếu", 22),
        Shown("record_dose_label", "Mũi trên bản ghi", 12),
        Shown("record_vaccine_code", "Vắc xin trên bản ghi", 14),
        Shown("record_lot_number", "Số lô trên bản ghi"),
        Shown("record_injected_on", "Ngày tiêm trên bản ghi", 12),
        Shown("record_facility_code", "Mã cơ sở trên bản ghi"),
        Shown("differences_vi", "Khác nhau ở", 22),
        Shown("action_vi", "Cần làm", 36),
        Shown("recommendation_vi", "Đề xuất của hệ thống", 20),
        Shown("reasons_vi", "Lý do đề xuất", 36),
    ),
    "due_at, complaint_id, claim_no",
    returns=Returns(
        "complaint_events",
        "event_id",
        MappingProxyType(
            {"complaint_id": "complaint_id", "claim_no": "claim_nos", "owner_code": "actor_code"}
        ),
        (
            Answer("Quyết định", ("event_type",), choices="answer_decision", is_required=True),
            Answer(
                "Lý do từ chối",
                ("reason_codes",),
                40,
                choices="reject_reasons",
                is_list=True,
                required_by=("Quyết định", "rejected"),
                hint=_SEVERAL_HINT,
            ),
            Answer(
                "Ngày xem xét lại",
                ("next_review_on",),
                when="day",
                required_by=("Quyết định", "deferred"),
                hint="Chỉ khi xử lý sau: ngày/tháng/năm",
            ),
            _moment("Ngày giờ quyết định", ("occurred_at", "recorded_at")),
            Answer("Ghi chú", ("note",), 30),
        ),
    ),
)

AGENCY_POOL = Worklist(
    schemas.WL_AGENCY_POOL,
    "Phản ánh chờ phân công",
    "Ghi mã cơ sở hoặc cơ quan sẽ xử lý và ngày giờ phân công. Hạn: 08:00 của lần phân công gần nhất "
    "(cột Hạn phân công). Đơn vị được đề xuất chỉ là gợi ý.",
    (
        _COMPLAINT,
        Shown("owner_code", "Đơn vị được đề xuất", 15),
        Shown("received_at", "Thời điểm tiếp nhận", 17),
        Shown("assign_by", "Hạn phân công", 17),
        Shown("review_due_at", "Hạn xem xét", 17),
        _COMPLAINT_TYPE,
        _NAME,
        _BIRTH_ON,
        Shown("province_code", "Mã tỉnh", 8),
        Shown("unit_code", "Mã xã", 8),
        Shown("missing_for_routing", "Còn thiếu", 20, "missing"),
        Shown("candidate_facility_code", "Cơ sở được đề xuất", 15),
        Shown("candidate_basis", "Căn cứ đề xuất", 24, "candidate_basis"),
    ),
    "assign_by, complaint_id",
    returns=Returns(
        "complaint_events",
        "event_id",
        MappingProxyType({"complaint_id": "complaint_id", "owner_code": "actor_code"}),
        (
            Answer("Giao cho (mã)", ("to_code",), is_required=True),
            Answer("Mã cán bộ phụ trách", ("assignee",)),
            _moment("Ngày giờ phân công", ("occurred_at", "recorded_at")),
        ),
        MappingProxyType({"event_type": "assigned"}),
    ),
)

COMMUNE_IDENTITY = Worklist(
    schemas.WL_COMMUNE_IDENTITY,
    "Thông tin công dân cần xác minh",
    "Đối chiếu với cơ sở dữ liệu dân cư, chọn kết quả và ghi ngày giờ xác minh. Hạn: 48 giờ kể từ khi được "
    "hỏi (cột Thời điểm hỏi). Không khớp thì chọn thông tin sai và ghi thông tin đúng.",
    (
        Shown("request_id", "Mã yêu cầu", 12),
        Shown("owner_code", "Công an xã (mã)", 13),
        Shown("unit_code", "Mã xã", 8),
        Shown("hamlet", "Thôn, ấp, tổ dân phố", 20),
        _NAME,
        _BIRTH_TYPED,
        _SEX,
        _ID,
        Shown("verification_status", "Tình trạng xác minh", 20, "verification_status"),
        Shown("verification_reason", "Lý do", 26, "verification_reason"),
        Shown("differs", "Khác ở", 26, "differs"),
        Shown("proposed_full_name", "Họ tên theo CSDL dân cư", 24),
        Shown("requested_at", "Thời điểm hỏi", 17),
    ),
    "unit_code, hamlet, full_name, request_id",
    returns=Returns(
        "identity_results",
        "result_id",
        MappingProxyType({"request_id": "request_id", "owner_code": "agency_code"}),
        (
            Answer("Kết quả xác minh", ("result",), choices="answer_identity", is_required=True),
            Answer(
                "Thông tin không khớp",
                ("mismatch_fields",),
                20,
                choices="answer_field",
                is_list=True,
                hint=_SEVERAL_HINT,
            ),
            Answer("Số định danh đúng", ("corrected_citizen_id",)),
            Answer("Họ tên đúng", ("corrected_full_name",), 24),
            Answer("Ngày sinh đúng", ("corrected_date_of_birth",), 14),
            Answer("Giới tính đúng", ("corrected_sex",), 12, choices="answer_sex"),
            _moment("Ngày giờ xác minh", ("decided_at",)),
        ),
    ),
)

FACILITY_REVIEW = Worklist(
    schemas.WL_FACILITY_REVIEW,
    "Rà soát hồ sơ tiêm",
    "Đối chiếu từng bản ghi với giấy tờ lưu tại cơ sở, bản ghi có phát hiện trước. Sai thì sửa hoặc xóa trên "
    "nền tảng tiêm chủng trước, rồi mới chọn Đã sửa hoặc Đã xóa và ghi ngày giờ rà soát.",
    (
        Shown("record_id", "Mã bản ghi", 22),
        Shown("owner_code", "Cơ sở giữ bản ghi", 13),
        _SEVERITY,
        Shown("findings", "Phát hiện", 48, "findings"),
        Shown("rule_ids", "Cần làm", 48, "corrections"),
        _NAME,
        _BIRTH_TYPED,
        _SEX,
        _ID,
        Shown("phone", "Số điện thoại", 13),
        Shown("dose_label_typed", "Mũi tiêm", 12),
        Shown("vaccine_typed", "Loại vắc xin", 28),
        Shown("lot_typed", "Số lô"),
        Shown("injected_typed", "Ngày tiêm", 17),
        Shown("facility_code", "Mã cơ sở tiêm", 13),
        Shown("facility_name", "Cơ sở tiêm", 34),
        Shown("entered_at", "Thời điểm nhập", 17),
        Shown("reviewed_at", "Lần rà soát trước", 17),
        Shown("outcome", "Kết quả lần trước", 12, "answer_review"),
        Shown("review_standing", "Tình trạng rà soát", 22, "review_standing"),
    ),
    "not needs_review, priority, owner_code, record_id",
    of_province="needs_review and priority < 3",
    tells_findings=True,
    returns=Returns(
        "record_reviews",
        "review_id",
        MappingProxyType({"record_id": "source_record_id", "owner_code": "facility_code"}),
        (
            Answer("Kết quả rà soát", ("outcome",), choices="answer_review", is_required=True),
            _moment("Ngày giờ rà soát", ("reviewed_at",)),
            Answer("Mã người rà soát", ("reviewer",)),
        ),
    ),
)

CDC_LOTS = Worklist(
    schemas.WL_CDC_LOTS,
    "Số lô cần xử lý",
    "Làm rõ từng dòng với cơ sở ghi trong dòng. Danh sách này không gửi lại: số liều nhận, điều chuyển, hủy "
    "và hạn dùng được báo cáo như thường lệ, mũi tiêm được sửa trên nền tảng tiêm chủng.",
    (
        Shown("title_vi", "Vấn đề", 32),
        _SEVERITY,
        Shown("vaccine_code", "Vắc xin"),
        Shown("lot_number", "Số lô", 16),
        Shown("facility_code", "Mã cơ sở tiêm", 13),
        Shown("facility_name", "Cơ sở tiêm", 34),
        Shown("records", "Số bản ghi", 9),
        Shown("doses_received", "Số liều nhận", 9),
        Shown("doses_discarded", "Số liều hủy", 9),
        Shown("doses_recorded", "Số mũi đã ghi nhận", 10),
        Shown("last_injected_on", "Ngày tiêm gần nhất", 12),
        Shown("expiry_on", "Hạn dùng", 12),
        Shown("first_held_at", "Có từ", 17),
        Shown("correction_vi", "Cần làm", 48),
    ),
    "severity, rule_id, records desc, lot_number, facility_code, item_id",
)

ESCALATIONS = Worklist(
    schemas.WL_ESCALATIONS,
    "Phản ánh vượt cấp",
    "Đôn đốc đơn vị xử lý các phản ánh đã được báo lên cấp trên vì quá hạn. Danh sách này không gửi lại: "
    "quyết định được ghi ở trang Phản ánh cần xử lý.",
    (
        _COMPLAINT,
        Shown("owner_code", "Cấp được báo", 13),
        Shown("handler_code", "Đơn vị xử lý", 13),
        Shown("clock_vi", "Thời hạn", 20),
        Shown("due_at", "Hạn cuối", 17),
        Shown("hours_overdue", "Số giờ quá hạn", 10),
        Shown("level_vi", "Mức cảnh báo", 22),
        Shown("escalated_at", "Thời điểm báo", 17),
        Shown("acknowledged_at", "Thời điểm nhận việc", 17),
        Shown("state_vi", "Trạng thái", 16),
        _COMPLAINT_TYPE,
    ),
    "due_at, complaint_id",
)

RETURNING_CITIZENS = Worklist(
    schemas.WL_RETURNING_CITIZENS,
    "Công dân được mời quay lại",
    "Tiếp đón những người đã được đề nghị quay lại cơ sở, mang theo giấy tờ đã nêu. Danh sách này không gửi "
    "lại: quyết định được ghi ở trang Phản ánh cần xử lý.",
    (
        _COMPLAINT,
        Shown("owner_code", "Nơi tiếp đón", 13),
        _NAME,
        _BIRTH_ON,
        Shown("phone", "Số điện thoại", 13),
        Shown("state", "Trạng thái", 16, "complaint_state"),
        Shown("decided_at", "Thời điểm quyết định", 17),
        Shown("reason_vi", "Lý do đã thông báo", 40),
        Shown("bring_vi", "Giấy tờ cần mang", 32),
    ),
    "decided_at, complaint_id",
)

WORKLISTS = (
    FACILITY_COMPLAINTS,
    AGENCY_POOL,
    COMMUNE_IDENTITY,
    FACILITY_REVIEW,
    CDC_LOTS,
    ESCALATIONS,
    RETURNING_CITIZENS,
)
BY_NAME = MappingProxyType({worklist.name: worklist for worklist in WORKLISTS})
