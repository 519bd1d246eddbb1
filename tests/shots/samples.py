"""View models worth looking at: one or more of every page, filled as the real services fill them.

Every person and number is invented.
"""

from dataclasses import replace

from kiosk.contract.services import Department
from kiosk.flow.events import (
    Answered,
    Back,
    Begin,
    ChangeAnswer,
    Continue,
    DepartmentChosen,
    Extend,
    KeepPage,
    LanguageChosen,
    Quit,
    Rated,
    RetakePage,
    ServiceChosen,
    TextScale,
    TextScaleChosen,
    Theme,
    ThemeChosen,
    TryAgain,
)
from kiosk.screens.view_model import (
    Action,
    AnswerRow,
    CameraView,
    CheckView,
    ChoiceView,
    DepartmentCard,
    DeviceView,
    DigitsView,
    Frame,
    GuideView,
    HomeView,
    IdleView,
    MessageView,
    OutOfServiceView,
    Page,
    PageReviewView,
    RatingView,
    ResultView,
    ServiceListView,
    ServiceRow,
    SignView,
    TimeWarning,
    ViewModel,
    WorkingView,
)
from tests.shots.papers import a4_page, pages_of

_SETTINGS = (
    Action(label="字号 标准", event=TextScaleChosen(TextScale.LARGE), icon="text-size"),
    Action(label="颜色 标准", event=ThemeChosen(Theme.NIGHT), icon="contrast"),
    Action(label="English", event=LanguageChosen("en"), icon="language"),
)
_BACK = Action(label="返回", event=Back(), icon="arrow-left")
_QUIT = Action(label="退出", event=Quit(), icon="logout")


def _next(label: str, *, icon: str = "") -> Action:
    return Action(label=label, event=Continue(), icon=icon)


_HOUSE = Frame(
    place="桓台县 24小时自助服务",
    settings=_SETTINGS,
    help_line="需要帮助请拨打 0533-8180000",
    content="sample",
)
_HOME = replace(_HOUSE, quit=_QUIT)


def _inside(department: str, where: str, progress: str, primary: Action | None = None) -> Frame:
    return replace(
        _HOUSE,
        department=department,
        where=where,
        progress=progress,
        back=_BACK,
        quit=_QUIT,
        primary=primary,
    )


def pages() -> dict[str, Page]:
    """Name → page; some pages in more than one state."""
    police = "公安 › 无犯罪记录证明"
    social = "社保 › 参保证明打印"
    tax = "税务 › 完税证明打印"
    estate = "不动产 › 登记信息查询"
    return {
        "idle": IdleView(
            frame=_HOUSE,
            title="您好，这里可以自助办事",
            invitation="轻触屏幕任意位置开始",
            departments=(
                ("police", "公安", "1 项可办"),
                ("real_estate", "不动产", "1 项可办"),
                ("tax", "税务", "1 项可办"),
                ("social_security", "社会保障", "暂停，预计 06:00 恢复"),
            ),
            notice="",
            staffed_hours="人工窗口：周一至周五 9:00–17:00",
            begin=Action(label="开始办理", event=Begin(), icon="hand-finger"),
        ),
        "home": HomeView(
            frame=_HOME,
            title="请选择要办事的部门",
            cards=(
                _card("police", "公安", ("无犯罪记录证明申请",)),
                _card("real_estate", "不动产", ("登记信息查询结果证明",)),
                _card("tax", "税务", ("完税证明打印",)),
                _card("social_security", "社会保障", ("参保证明打印",), "登记系统暂停，可先提交"),
            ),
            notice="社保系统 01:20 起没有响应，预计 06:00 恢复。其他事项正常办理。",
        ),
        "service_list": ServiceListView(
            frame=replace(_HOME, department="social_security", where="社会保障", back=_BACK),
            title="社会保障",
            rows=(
                ServiceRow(
                    title="参保证明打印",
                    summary="打印本人参加社会保险的证明，可自选险种和年份。",
                    facts="约 2 分钟 · 免费 · 当场打印",
                    open=Action(label="参保证明打印", event=ServiceChosen("a")),
                ),
                ServiceRow(
                    title="待遇领取资格认证",
                    summary="领取养老金人员每年一次的资格认证。",
                    facts="约 3 分钟 · 免费 · 当场办结",
                    open=Action(
                        label="待遇领取资格认证",
                        event=ServiceChosen("b"),
                        enabled=False,
                        why_not="高拍仪正在维修，暂时不能办理。请到 2 号窗口办理。",
                    ),
                ),
            ),
        ),
        "guide": GuideView(
            frame=_inside("police", police, "", _next("开始申请", icon="arrow-right")),
            title="无犯罪记录证明申请",
            summary="证明您在查询时没有犯罪记录，由户籍地公安机关出具。",
            facts=(
                ("user", "谁可以办", "年满 18 周岁的中国公民本人"),
                ("clock", "多久办好", "受理之日起 3 个工作日内"),
                ("coin-yuan", "收多少钱", "免费"),
                ("certificate", "您会得到", "受理凭条；办结后领取证明"),
                ("hourglass", "在这里用时", "约 4 分钟"),
            ),
            materials=("居民身份证", "说明用途的材料，如录用通知"),
            legal=("《公安机关办理犯罪记录查询工作规定》第四条",),
            legal_title="办理依据",
            warning="",
        ),
        "device_id_card": DeviceView(
            frame=_inside("police", police, "第 1 步 / 共 6 步"),
            title="请放上您的身份证",
            help="只读取姓名、证件号码和有效期，用于本次申请。",
            picture="id_card",
            state="waiting",
            status="请将身份证平放在感应区",
            seconds=30,
        ),
        "device_social_security": DeviceView(
            frame=_inside("social_security", social, "第 1 步 / 共 4 步"),
            title="请插入社会保障卡",
            help="芯片朝上，轻轻推到底。",
            picture="social_security_card",
            state="reading",
            status="正在读取，请不要拔卡",
            seconds=0,
        ),
        "device_code": DeviceView(
            frame=_inside("tax", tax, "第 1 步 / 共 3 步"),
            title="请出示缴税通知单的二维码",
            help="把二维码对准右侧的扫描窗，相距约 10 厘米。",
            picture="qr_code",
            state="problem",
            status="这不是缴税通知单的二维码，请换一张再试。",
            seconds=45,
        ),
        "choice": ChoiceView(
            frame=_inside("police", police, "第 2 步 / 共 6 步"),
            title="这份证明用来做什么？",
            help="证明上会写明用途，只能用于您选择的事项。",
            options=tuple(
                Action(label=label, event=Answered(label))
                for label in ("求职就业", "出国（境）", "入学", "参加法律规定的资格考试")
            ),
            chosen=1,
        ),
        "digits": DigitsView(
            frame=_inside("police", police, "第 3 步 / 共 6 步"),
            title="您的手机号码是多少？",
            help="办好后用短信通知您来领取。",
            value="1380013",
            min_digits=11,
            max_digits=11,
            grouping=(3, 4, 4),
            submit_label="继续",
            skip=None,
            problem="",
        ),
        "digits_problem": DigitsView(
            frame=_inside("police", police, "第 3 步 / 共 6 步"),
            title="您的手机号码是什么？",
            help="办好后用短信通知您来领取。不填也可以，凭受理凭条查询。",
            value="12345678901",
            min_digits=11,
            max_digits=11,
            grouping=(3, 4, 4),
            submit_label="继续",
            skip=Action(label="不填", event=Answered("")),
            problem="手机号码以 13 至 19 开头，请检查。",
        ),
        "camera": CameraView(
            frame=_inside("police", police, "第 4 步 / 共 6 步"),
            title="请把用途材料放到镜头下",
            help="文字朝上，四个角都在画面里，放好后会自动拍摄。",
            problems=(("no_page", "没有看到纸张，请放在灯下的平台上"),),
            hold_still="很好，请不要动，正在拍摄",
        ),
        "page_review": PageReviewView(
            frame=_inside("police", police, "第 4 步 / 共 6 步"),
            title="文字看得清楚吗？",
            help="看不清楚会影响审核，可以重拍。",
            jpeg=a4_page(),
            keep=Action(label="清楚，使用这张", event=KeepPage(), icon="check"),
            retake=Action(label="重拍", event=RetakePage(), icon="camera"),
        ),
        "pages": pages_of(_inside("police", police, "第 4 步 / 共 6 步"), 2),
        "pages_of_four": pages_of(_inside("police", police, "第 4 步 / 共 6 步"), 4),
        "check": CheckView(
            frame=_inside("police", police, "第 5 步 / 共 6 步", _next("确认并签名")),
            title="请核对，每一项都对吗？",
            groups=(
                (
                    "您的身份",
                    (
                        _told("姓名", "苏桓宁", "来自身份证"),
                        _told("证件号码", "3703**********2816", "来自身份证"),
                    ),
                ),
                (
                    "您填写的内容",
                    (
                        _answer("证明用途", "出国（境）"),
                        _answer("手机号码", "138 0013 8000"),
                        _answer("用途材料", "已拍摄 1 页"),
                    ),
                ),
            ),
            after="签名后提交给桓台县公安局，3 个工作日内答复。",
        ),
        "sign": SignView(
            frame=_inside("police", police, "第 6 步 / 共 6 步"),
            title="请用手指签名",
            help="签名表示以上内容属实，并同意公安机关查询。",
            clear_label="重写",
            done_label="签好了，提交",
            empty_problem="还没有看到签名，请在框内写上您的姓名。",
        ),
        "working": WorkingView(
            frame=replace(_inside("police", police, ""), back=None, quit=None),
            title="正在提交您的申请",
            steps=(
                ("材料已加密保存在本机", "done"),
                ("正在送到公安机关，通常 5 秒", "now"),
                ("打印受理凭条", "next"),
            ),
            reassurance="网络中断也不会丢失：材料会自动补送，凭条照常打印。",
        ),
        "result": ResultView(
            frame=replace(_inside("police", police, "", _next("取好了，继续")), back=None),
            verdict="good",
            title="已受理，请取走凭条",
            number_label="受理编号",
            number="370321-20261123-000042",
            next_steps=(
                "公安机关应于 2026年11月26日 周四 前答复",
                "办好后短信通知您，凭身份证到 1 号窗口领取",
            ),
            paper="凭条在下方出纸口，请取走",
        ),
        "result_bad": ResultView(
            frame=replace(_inside("tax", tax, "", _next("知道了")), back=None),
            verdict="bad",
            title="没有查到这张通知单",
            number_label="",
            number="",
            next_steps=("请核对通知单是否属于桓台县", "请拨打 12366 或到 3 号窗口咨询"),
            paper="",
        ),
        "rating": RatingView(
            frame=replace(_inside("real_estate", estate, ""), back=None),
            title="这次办事，您满意吗？",
            help="不记名，也可以不评。",
            levels=tuple(
                Action(label=label, event=Rated(score), icon=icon)
                for score, label, icon in (
                    (5, "非常满意", "mood-happy"),
                    (4, "满意", "mood-smile"),
                    (3, "基本满意", "mood-neutral"),
                    (2, "不满意", "mood-sad"),
                    (1, "非常不满意", "mood-angry"),
                )
            ),
            skip=Action(label="不评价，结束", event=Rated(None)),
        ),
        "message": MessageView(
            frame=replace(_inside("real_estate", estate, ""), back=None),
            tone="warning",
            title="凭条打印机没有纸了",
            safe="您的申请已经提交，没有丢失。",
            todo=("请记下受理编号 370321-20261123-000042", "凭身份证到 2 号窗口领取纸质证明"),
            small_print="代码 D301 · 03:12 · 故障已记录",
            actions=(
                Action(label="再打印一次", event=TryAgain(), icon="printer"),
                Action(label="不打印，结束", event=Quit()),
            ),
        ),
        "out_of_service": OutOfServiceView(
            frame=_HOUSE,
            title="本机暂停服务",
            reason="正在更换设备，自 02:30 起暂停，预计 05:00 恢复。",
            elsewhere="请使用左侧的 2 号自助机，或拨打 0533-8180000。",
        ),
    }


def warning() -> TimeWarning:
    """Are you still there?"""
    return TimeWarning(
        title="您还在办理吗？",
        safe="时间到后会退出，已填写的内容会清除，不会被别人看到。",
        seconds=30,
        extend=Action(label="继续办理", event=Extend()),
        leave=Action(label="退出", event=Quit(), icon="logout"),
    )


def dressed(page: Page, theme: Theme, scale: TextScale) -> Page:
    """The same page at other display settings."""
    return replace(page, frame=replace(page.frame, theme=theme, text_scale=scale))


def views(theme: Theme, scale: TextScale) -> dict[str, ViewModel]:
    """Every sample at the given settings, and the warning over one of them."""
    found = {name: ViewModel(page=dressed(page, theme, scale)) for name, page in pages().items()}
    found["time_warning"] = ViewModel(page=found["choice"].page, warning=warning())
    return found


def _card(department: str, title: str, services: tuple[str, ...], note: str = "") -> DepartmentCard:
    action = Action(label=title, event=DepartmentChosen(Department(department)))
    return DepartmentCard(
        department=department, title=title, services=services, note=note, open=action
    )


def _told(label: str, value: str, source: str) -> AnswerRow:
    return AnswerRow(label=label, value=value, change=None, source=source)


def _answer(label: str, value: str) -> AnswerRow:
    change = Action(label="更改", event=ChangeAnswer("step"), icon="pencil")
    return AnswerRow(label=label, value=value, change=change, source="")
