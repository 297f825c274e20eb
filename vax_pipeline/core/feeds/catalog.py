"""The fourteen feeds, column by column, with the headers under which they may arrive.

To add a feed: describe it here, give it a pandera contract in checks/contracts, a dbt source and a
staging model. Everything else (raw table, asset, accounting, checks) follows from this entry.
"""

from types import MappingProxyType

from vax_pipeline.core.feeds.spec import Column, Feed


def _key(name: str, *aliases: str, default: str | None = None) -> Column:
    return Column(name, key=True, default=default, aliases=aliases)


def _required(name: str, *aliases: str) -> Column:
    return Column(name, required=True, aliases=aliases)


def _optional(name: str, *aliases: str) -> Column:
    return Column(name, aliases=aliases)


def _names(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


FULL_NAME = _required("full_name", "Họ và tên", "Họ tên", "fullname")
DATE_OF_BIRTH = ("date_of_birth", "Ngày sinh", "Ngày tháng năm sinh", "birthday", "dob")
SEX = ("sex", "Giới tính", "gender", "genderId")
ID_NUMBER = (
    "id_number",
    "CMND/CCCD/HC",
    "CMND/CCCD",
    "Số CMND/CCCD/HC",
    "Số CCCD/CMND",
    "CCCD",
    "identification",
)
INSURANCE = ("health_insurance_number", "Số thẻ BHYT", "BHYT", "healthInsuranceNumber")
PHONE = ("phone", "Số điện thoại", "SĐT", "Điện thoại", "personalPhoneNumber")
PROVINCE = ("province_code", "Mã tỉnh", "Tỉnh", "Tỉnh/Thành phố", "province")
DISTRICT = ("district_code", "Mã huyện", "Huyện", "Quận/Huyện", "district")
UNIT = ("unit_code", "Mã xã", "Xã", "Xã/Phường", "ward")
ADDRESS = ("address", "Địa chỉ")
DOSE_LABEL = ("dose_label", "Mũi tiêm", "Mũi", "Mũi số")
VACCINE = ("vaccine_name", "Loại vắc xin", "Vắc xin", "Tên vắc xin", "vaccineName")
LOT = ("lot_number", "Số lô", "Lô vắc xin", "batchNumber")
FACILITY_NAME = ("facility_name", "Cơ sở tiêm", "Cơ sở tiêm chủng", "injectionPlace")
FACILITY_CODE = ("facility_code", "Mã cơ sở", "Mã cơ sở tiêm")

CITIZENS = Feed(
    "citizens",
    "Extract of the national population database (CSDL quốc gia về dân cư).",
    (
        _key("citizen_id", "Số định danh cá nhân", "Số định danh", "CCCD"),
        _optional("previous_ids", "Số CMND cũ", "Số định danh cũ"),
        FULL_NAME,
        _required(*DATE_OF_BIRTH),
        _required(*SEX),
        _optional("nationality", "Quốc tịch"),
        _optional("permanent_unit_code", "Mã xã thường trú", "Thường trú"),
        _optional("current_unit_code", "Mã xã hiện tại", "Nơi ở hiện tại"),
        _optional("hamlet", "Thôn/ấp", "Thôn", "Tổ dân phố"),
        _optional(*PHONE),
        _optional("life_status", "Tình trạng"),
        _optional("deceased_on", "Ngày mất"),
    ),
)

AGENCIES = Feed(
    "agencies",
    "Health, police and government agencies and who stands above whom.",
    (
        _key("agency_code", "Mã cơ quan"),
        _required("agency_name", "Tên cơ quan"),
        _required("branch", "Ngành"),
        _required("level", "Cấp"),
        _optional("kind", "Loại cơ quan"),
        _required("unit_code", "Mã đơn vị hành chính"),
        _optional("parent_agency_code", "Mã cơ quan cấp trên"),
        _optional("email"),
        _optional(*PHONE),
        _optional(*ADDRESS),
    ),
)

FACILITIES = Feed(
    "facilities",
    "Vaccination facilities (cơ sở tiêm chủng) and the agency that manages each.",
    (
        _key(*FACILITY_CODE),
        _required("facility_name", "Tên cơ sở", "Tên cơ sở tiêm chủng"),
        _optional("sector", "Thuộc"),
        _optional("kind", "Loại hình"),
        _required("unit_code", "Mã xã"),
        _required("managing_agency_code", "Mã cơ quan quản lý"),
        _optional("email"),
        _optional(*PHONE),
        _optional(*ADDRESS),
        _optional("opening_hours", "Giờ làm việc"),
        _optional("active_from", "Hoạt động từ"),
        _optional("active_to", "Hoạt động đến"),
    ),
)

VACCINE_LOTS = Feed(
    "vaccine_lots",
    "Lots allocated to provinces (phân bổ vắc xin), by round.",
    (
        _key(*VACCINE),
        _key(*LOT),
        _key(*PROVINCE),
        _key("allocation_round", "Đợt phân bổ", "Đợt", default="1"),
        _optional("allocated_on", "Ngày phân bổ"),
        _optional("doses_allocated", "Số liều phân bổ"),
        _optional("doses_transferred_in", "Số liều nhận điều chuyển"),
        _optional("doses_transferred_out", "Số liều điều chuyển đi"),
        _optional("doses_discarded", "Số liều hủy"),
    ),
)

LOT_EXPIRIES = Feed(
    "lot_expiries",
    "Expiry of a lot as known from a date on; an extension is a later row.",
    (
        _key(*VACCINE),
        _key(*LOT),
        _key("known_on", "Ngày công bố"),
        _required("expiry_on", "Hạn sử dụng", "Hạn dùng"),
    ),
)

DOSES = Feed(
    "doses",
    "Doses (mũi tiêm) as entered by facilities; one row a version of a record.",
    (
        _key("source_system", "Hệ thống nguồn", default="platform"),
        _key("source_record_id", "Mã bản ghi", "STT bản ghi", "Mã mũi tiêm"),
        _optional("action", "Thao tác"),
        _required("entered_at", "Thời điểm nhập", "Ngày nhập"),
        _optional("entry_mode", "Hình thức nhập"),
        _required("entered_by_facility_code", "Mã cơ sở nhập", "Cơ sở nhập"),
        _optional(*FACILITY_CODE),
        _optional(*FACILITY_NAME),
        _optional("administered_in", "Nơi tiêm ngoài chiến dịch"),
        FULL_NAME,
        _required(*DATE_OF_BIRTH),
        _required(*SEX),
        _required(*ID_NUMBER),
        _optional(*INSURANCE),
        _optional(*PHONE),
        _optional("nationality", "Quốc tịch"),
        _optional("occupation", "Nghề nghiệp"),
        _optional("priority_group", "Mã nhóm đối tượng", "Nhóm ưu tiên"),
        _optional("indication", "Chỉ định"),
        _optional(*PROVINCE),
        _optional(*DISTRICT),
        _optional(*UNIT),
        _optional(*ADDRESS),
        _required(*DOSE_LABEL),
        _required(*VACCINE),
        _required(*LOT),
        _required("injected_at", "Ngày tiêm", "Thời gian tiêm", "injectionDate"),
        _optional("reaction", "Phản ứng sau tiêm"),
    ),
)

ADMINISTERED_REPORTS = Feed(
    "administered_reports",
    "Doses actually given as reported, cumulative; an empty key means all.",
    (
        _key("report_date", "Ngày báo cáo"),
        _key(*PROVINCE),
        _key(*UNIT, default=""),
        _key(*FACILITY_CODE, default=""),
        _key(*VACCINE, default=""),
        _key(*DOSE_LABEL, default=""),
        _required("doses_administered", "Số mũi tiêm lũy kế", "Số mũi đã tiêm"),
        _optional("reported_at", "Thời điểm báo cáo"),
    ),
)

COMPLAINTS = Feed(
    "complaints",
    "Complaints (phản ánh) of citizens, one row each.",
    (
        _key("complaint_id", "Mã phản ánh"),
        _required("received_at", "Thời điểm tiếp nhận", "Ngày tiếp nhận"),
        _optional("channel", "Kênh"),
        _optional("complaint_type", "Loại phản ánh"),
        FULL_NAME,
        _optional(*DATE_OF_BIRTH),
        _optional(*SEX),
        _optional(*ID_NUMBER),
        _optional(*INSURANCE),
        _optional(*PHONE),
        _optional("email"),
        _optional(*PROVINCE),
        _optional(*DISTRICT),
        _optional(*UNIT),
        _optional(*ADDRESS),
        _optional("complainant_name", "Người phản ánh"),
        _optional("complainant_phone", "Số điện thoại người phản ánh"),
        _optional("relation", "Quan hệ"),
        _optional("description", "Nội dung phản ánh", "Nội dung"),
        _optional("root_complaint_id", "Mã phản ánh gốc"),
    ),
    MappingProxyType({"doses": "complaint_doses", "attachments": "complaint_attachments"}),
)

COMPLAINT_DOSES = Feed(
    "complaint_doses",
    "The doses a complaint speaks of, and what the attached paper says of each.",
    (
        _key("complaint_id", "Mã phản ánh"),
        _key("claim_no", "STT"),
        _optional("claim_kind"),
        _optional("contested_record_id", "Mã bản ghi bị phản ánh"),
        _optional(*DOSE_LABEL),
        _optional(*VACCINE),
        _optional(*LOT),
        _optional("injected_on", "Ngày tiêm"),
        _optional(*FACILITY_CODE),
        _optional(*FACILITY_NAME),
        *_names(
            "attachment_id",
            "cert_dose_label",
            "cert_vaccine_name",
            "cert_lot_number",
            "cert_injected_on",
            "cert_facility_name",
        ),
    ),
)

COMPLAINT_ATTACHMENTS = Feed(
    "complaint_attachments",
    "Files sent with a complaint: what they are, how readable, and whom they name.",
    (
        _key("complaint_id", "Mã phản ánh"),
        _key("attachment_id", "Mã tệp đính kèm"),
        *_names(
            "attachment_type",
            "qualities",
            "read_status",
            "read_by",
            "cert_full_name",
            "cert_date_of_birth",
            "cert_sex",
        ),
    ),
)

COMPLAINT_EVENTS = Feed(
    "complaint_events",
    "What the administration did with a complaint, and when it was recorded.",
    (
        _key("event_id", "Mã sự kiện"),
        _required("complaint_id", "Mã phản ánh"),
        _required("occurred_at", "Thời điểm xảy ra"),
        _required("recorded_at", "Thời điểm ghi nhận"),
        _required("event_type", "Loại sự kiện"),
        *_names(
            "claim_nos",
            "actor_code",
            "to_code",
            "assignee",
            "reason_codes",
            "next_review_on",
            "note",
        ),
    ),
)

IDENTITY_RESULTS = Feed(
    "identity_results",
    "Answers of the police / population database to identity requests.",
    (
        _key("result_id", "Mã kết quả"),
        *_names("request_id", "source_system", "source_record_id", "complaint_id", "id_number"),
        _required("result", "Kết quả"),
        *_names(
            "mismatch_fields",
            "corrected_citizen_id",
            "corrected_full_name",
            "corrected_date_of_birth",
            "corrected_sex",
        ),
        _required("decided_at", "Thời điểm xác minh"),
        _optional("agency_code"),
    ),
)

ATTESTATIONS = Feed(
    "attestations",
    "Signatures (ký số), minutes and certificates issued for a record or a citizen.",
    (
        _key("attestation_id"),
        *_names("source_system", "source_record_id", "citizen_id"),
        _required("kind"),
        _optional("signer_code"),
        _required("signed_at"),
        _optional("revoked_at"),
    ),
)

RECORD_REVIEWS = Feed(
    "record_reviews",
    "A facility's review of the records it holds (rà soát hồ sơ).",
    (
        _key("review_id"),
        _required(*FACILITY_CODE),
        _optional("source_system"),
        _required("source_record_id", "Mã bản ghi"),
        _required("reviewed_at"),
        _required("outcome"),
        _optional("reviewer"),
    ),
)

FEEDS: MappingProxyType[str, Feed] = MappingProxyType(
    {
        feed.name: feed
        for feed in (
            CITIZENS,
            AGENCIES,
            FACILITIES,
            VACCINE_LOTS,
            LOT_EXPIRIES,
            DOSES,
            ADMINISTERED_REPORTS,
            COMPLAINTS,
            COMPLAINT_DOSES,
            COMPLAINT_ATTACHMENTS,
            COMPLAINT_EVENTS,
            IDENTITY_RESULTS,
            ATTESTATIONS,
            RECORD_REVIEWS,
        )
    }
)
