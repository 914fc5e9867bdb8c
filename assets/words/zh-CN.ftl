### The words on screen in Simplified Chinese. The keys and their comments stand in en.ftl.

## Used in several places

accept = 接受
reject = 拒绝
cancel = 取消
close = 关闭
mark-reviewed = 标为已审核
num-photos = { $count } 张照片
num-copies = { $count } 个副本
percent = { $number }%
group-caption = { $name }（{ $kind }）
kind-one-of = 单选
kind-any-of = 多选
list-separator = ，

## Welcome

welcome-title = 为商品照片添加标签
welcome-promise = Hangtag 提出建议，由您来修正，每次修正都会让它学得更好。所有数据都留在这台电脑上。
welcome-open-folder = 打开照片文件夹…
welcome-open-catalogue = 打开目录…
welcome-demo = 用示例照片试一试
welcome-drop = 或将文件夹拖放到此处
welcome-recent = 最近打开
welcome-opening = 正在打开目录…

## The system's dialogs

ask-folder = 打开照片文件夹
ask-catalogue = 打开目录

## The bar across the top

top-open = 打开…
top-open-hint = 打开另一个照片文件夹
top-light = 浅色模式
top-dark = 深色模式
top-search = 搜索或筛选
undo = 撤销
redo = 重做
undo-what = 撤销：{ $words }
redo-what = 重做：{ $words }
undo-nothing = 没有可撤销的操作
redo-nothing = 没有可重做的操作
undone = 已撤销：{ $words }
redone = 已重做：{ $words }

## Filters and orders

filters-photos = 照片
filters-new-tag = + 新建标签
filter-all = 全部
filter-to-review = 待审核
filter-unsure = 不确定
filter-reviewed = 已审核
filter-duplicates = 重复
filter-missing = 缺失
filter-broken = 损坏
filter-tag = 标签
tag-counts = 已标注 { $labelled }，建议 { $proposed }，已拒绝 { $rejected }
order = 排序
order-name = 按名称
order-least-certain = 最不确定的在前
order-date = 最新的在前
order-newest-decision = 最近标注的在前
order-most-certain = 最确定的在前

## The photos

hint-words = 这些是日常词汇，仅供入门。接受合适的词，或选中照片后按 T 添加您自己的标签。
hint-first-tags = 为两个标签各标注两张照片，Hangtag 就会开始建议您自己的标签，而不再是日常词汇。
empty-looking = 正在查找照片…
empty-catalogue = 这里还没有照片。请将照片文件夹拖放到此窗口。
empty-search = 没有找到此名称的照片。请修改或清除搜索内容。
empty-to-review = 全部审核完毕，干得漂亮！
empty-unsure = 没有不确定的照片。
empty-reviewed = 还没有审核过的照片。按 A 接受建议，或按 1 到 9 选择标签。
empty-filter = 这里没有照片。
photo-coming = 即将显示…
photo-gone = 文件已不存在

## A tag on a photo

chip-accept = 接受“{ $name }”
chip-reject = 拒绝“{ $name }”
chip-clear = 清除“{ $name }”
chip-is = 是“{ $name }”
chip-is-not = 不是“{ $name }”
chip-take-back = 撤回“{ $name }”
chip-proposed = 建议“{ $name }”，{ $percent }%
answer-set = 设为“{ $name }”

## One photo

photo-none =
    选择一张照片，
    即可查看大图和全部信息。
photo-name = 照片 { $name }
photo-broken = 无法使用此照片：{ $reason }。
photo-broken-advice = 请从相机或原处重新复制该文件，然后按 { $key }。
photo-show-folder = 打开所在文件夹
photo-missing = 文件已不存在。标注仍会保留，文件恢复后即重新显示。
photo-words = 日常词汇，仅供入门
label-person = 由您标注
label-proposal = 由您接受
label-proposal-at = 建议概率 { $percent }%，由您接受
label-rule = 建议概率 { $percent }%，由规则接受
label-import = 导入
accept-tag = 接受“{ $name }”
other-tag = 其他标签…
mark-reviewed-long = 标为已审核：未标注的标签均记为“否”
learned = { $group }：已从 { $count } 张照片中学习。
learned-held-out = { $group }：已从 { $count } 张照片中学习。在留出的照片上准确率为 { $percent }%。

## Several photos

num-selected = 已选择 { $count } 张
selection-set-tag = 设置标签…
selection-clear = 取消选择

## The bar along the bottom

dismiss = 知道了
job-started = { $title }…
job-progress = { $title } { $done } / { $total }
job-rate = 每秒 { $rate } 张
job-rate-left = 每秒 { $rate } 张，剩余 { $left }
job-cancelled = { $title }：已取消
job-stopping = { $title }：正在停止…
seconds = { $count } 秒
minutes = { $count } 分钟
hours = { $count } 小时
saved = 所有更改均已保存
reading-only = 只读
model = 模型 { $name }
model-none = 无模型
model-reading = 正在读取模型…

## A tag by name

tag-new = 新建标签
tag-set = 设置标签
tag-set-many = 为 { $count } 张照片设置标签
tag-name = 标签名称
tag-name-hint = 名称，例如：连衣裙
tag-make = 创建标签
tag-set-known = 设置标签
group = 标签组
group-in = 所属标签组
group-new = 新建标签组…
group-name = 标签组名称
group-name-hint = 标签组，例如：颜色
group-one-of = 单选：每张照片只有一个合适的标签
group-any-of = 多选：每个标签分别判断是否合适

## The keys

keys = 快捷键
key-accept = 接受建议
key-reject = 拒绝最可能的建议
key-skip = 跳到下一张照片
key-tag = 按名称设置标签
key-new-tag = 新建标签
key-reviewed = 标为已审核：未标注的标签均记为“否”
key-redo = 重做
key-undo = 撤销
key-select-all = 选择显示的全部照片
key-clear-selection = 取消选择
key-search = 搜索
key-open-catalogue = 打开目录
key-open-folder = 打开照片文件夹
key-rescan = 重新扫描文件夹
key-close = 关闭目录
key-keys = 显示快捷键
key-about = 关于 Hangtag
key-digits = 选择第一个未完成标签组中的标签
key-arrows-name = 方向键、Home、End
key-arrows = 移动；按住 Shift 可扩展选择
key-click-name = Ctrl+单击
key-click = 将照片加入选择

## Notices

notice-no-file-dialog = 此系统没有文件对话框：请安装 zenity 或 xdg-desktop-portal，或将文件夹拖放到此窗口。
notice-nothing-there = { $path } 处没有文件夹或目录。
notice-crash = 上次 Hangtag 因自身错误而意外退出。您标注的内容没有丢失。经过已记录在 { $path }。
notice-repaired = 目录已修复。现有标签 { $labels } 个，其中 { $backup } 个取自备份；{ $lost } 个已丢失。此前的文件保存在 { $folder }。
notice-read-only = 此目录以只读方式打开：{ $reason }。
notice-select-first = 请先选择一张照片
notice-nothing-proposed = 这里没有建议：按 1 到 9 设置标签，按 T 按名称设置
notice-nothing-proposed-review = 这里没有建议：按 1 到 9 设置标签，按 R 标为已审核
notice-none-left = 显示的其他照片均已审核。按 Esc 返回网格。
notice-words-one-by-one = 日常词汇需逐张接受；按 T 可为全部照片设置同一标签
notice-words-no-reject = 日常词汇无需拒绝：按 T 并输入正确的标签即可
notice-no-font = 这台电脑没有可显示中文、日文和韩文的字体。请安装一种，然后重新启动 Hangtag。
notice-no-font-linux = 这台电脑没有可显示中文、日文和韩文的字体。请安装软件包 fonts-noto-cjk（Debian、Ubuntu）或 google-noto-sans-cjk-fonts（Fedora），然后重新启动 Hangtag。

## Steps of the history, as they follow "Undo"

deed-accept = 为 { $count } 张照片接受“{ $tag }”
deed-reject = 为 { $count } 张照片拒绝“{ $tag }”
deed-clear = 清除 { $count } 张照片的“{ $tag }”
deed-set = 为 { $count } 张照片设置“{ $tag }”
deed-accept-proposals = 接受 { $count } 张照片的建议
deed-reject-proposals = 拒绝 { $count } 张照片的建议
deed-mark-reviewed = 将 { $count } 张照片标为已审核
deed-auto-tag = 为 { $count } 张照片自动添加“{ $what }”
deed-import-file = 从 { $file } 导入标注
deed-import-folders = 从文件夹名称导入标注
deed-take-over = 沿用 { $count } 张照片的标注
deed-add-tag = 新建标签“{ $tag }”
deed-edit-tag = 编辑“{ $tag }”
deed-rename = 将“{ $from }”重命名为“{ $to }”
deed-merge = 将“{ $from }”合并到“{ $into }”
deed-split = 从“{ $from }”中为 { $count } 张照片拆分出“{ $to }”
deed-retire = 停用“{ $tag }”
deed-restore = 恢复“{ $tag }”
deed-delete = 删除“{ $tag }”
deed-move = 将“{ $tag }”移到“{ $group }”
deed-reorder = 调整“{ $group }”的顺序
deed-add-group = 新建标签组“{ $group }”
deed-kind = 将“{ $group }”改为{ $kind }
deed-delete-group = 删除标签组“{ $group }”
deed-save-filter = 保存筛选“{ $name }”
deed-delete-filter = 删除筛选“{ $name }”

## Jobs

task-import = 正在读取 { $folder }
task-embed = 正在查看照片
task-learn = 正在从您的回答中学习
task-open-model = 正在打开模型
task-calibrate = 正在检查快速方式是否足够好
task-export = 正在导出为 { $format }
export-done = 已写入 { $folder }
task-publish = 正在发布到 { $to }
publish-done = 版本 { $version } 已在 { $to }
task-train = 正在训练
train-done = 训练 { $run } 已成为版本 { $version }
train-paused = 训练 { $run } 已暂停
task-check-auto-tag = 正在检验“{ $group }”的把握
task-back-up = 正在备份目录
task-freeze = 正在生成版本
task-activate = 正在准备版本 { $version }
task-activate-live-head = 正在回到 Hangtag 目前所学
task-compare-versions = 正在比较版本 { $from } 与 { $to }
frozen-done = 已生成版本 { $version }
activated-done = 正在使用版本 { $version }
activated-live-head = 正在使用 Hangtag 目前所学
task-export-labels = 正在把标签导出到 { $file }
check-done = { $group }：已用 { $count } 条标注检验
export-labels-done = 标签已导出到 { $file }
import-done = { $folder }：{ $photos }
import-new = 新增 { $count }
import-changed = 更改 { $count }
import-moved = 移动 { $count }
import-missing = 缺失 { $count }
import-removed = 移除 { $count }
import-duplicates = 重复 { $count }
import-broken = 损坏 { $count }
import-passed-over = 跳过 { $count }
embed-done = 已查看 { $count } 张照片

## Everywhere

save = 保存
back = 返回
skip = 跳过
megabytes = { $count } MB
top-commands = 命令
num-shots = { $count } 张图

## The query line

completion-key = 关键字
completion-operator = 运算符
completion-value = 值
search-clear = 清除搜索
search-saved = 已保存的筛选
search-no-labels = 没有标注的照片
search-unsure = 不确定的照片
search-by-name = 名称以 IMG 开头
search-keys = Tab 采用所选项，↑ 和 ↓ 切换，Esc 关闭列表
query-did-you-mean = 您是指 { $name } 吗？
query-unclosed-quote = 引号没有闭合：请在末尾加上 "。
query-unclosed-parenthesis = 括号没有闭合：请在末尾加上 )。
query-unopened-parenthesis = 前面没有对应的左括号：请删除它，或加引号来搜索它。
query-empty-parentheses = 括号之间没有内容。
query-empty-quotes = 引号之间没有内容。
query-nothing-before = 运算符前面没有内容：加引号可搜索这个词。
query-nothing-after = 运算符后面没有内容：加引号可搜索这个词。
query-too-deep = 括号嵌套太深。
query-unknown-key = 不支持“{ $name }:”：加引号可搜索这个词。
query-no-value = “{ $name }:”后面缺少内容。
query-unknown-value = “{ $name }”不属于 { $known }。
query-unknown-tag = 没有名为“{ $name }”的标签。
query-unknown-tag-of = “{ $group }”中没有名为“{ $name }”的标签。
query-unknown-group = 没有名为“{ $name }”的标签组。
query-no-answer = 请说明 { $name } 的取值：未定时用 { $name }=?，已定时用 { $name }=any，或写一个标签。
query-not-a-number = “{ $name }”不是整数。
query-not-a-score = “{ $name }”不是有效的分数：分数在 0 到 1 之间。
query-not-a-date = “{ $name }”不是日期：请写 2026、2026-03 或 2026-03-31。
query-reversed = 这两者之间没有内容：请把较小的写在前面。
save-filter = 保存此筛选
save-filter-empty = 请先输入查询，例如 tag:dress AND score:<0.6，再在此保存。
save-filter-name = 筛选名称
filters-saved = 已保存的筛选
filters-saved-edit = 编辑…
saved-filters-none = 还没有保存的筛选。请先输入查询，再以一个名称保存。
saved-filter-name = “{ $name }”的名称
saved-filter-delete = 删除“{ $name }”
filters-edit-group = 重命名此标签组、更改类型或将其删除

## One tag at a time, and sections

side-either = 全部
side-proposed = 建议
side-yes = 已标注
side-no = 已拒绝
accept-rest = 接受 { $count } 张照片
accept-rest-what = { $count ->
    [0] 请先点击错误的照片。
   *[other] 标为错误的 { $count } 张将被拒绝。
}
group-by-tag = 按标签分组
section-none = 无标签
section-accept = 将 { $count } 张接受为“{ $name }”
confirm-accept-all = 接受 { $count } 张照片的建议？一次撤销即可全部恢复。
empty-proposed = 此标签已没有建议。
shots-together = 此商品有 { $count } 张图，一并标注
photo-take-over = 沿用此处原照片的标注

## Hints, shown until they are read

hint-one-tag = 逐个标签审核：在“建议”中点击错误的照片，再按 Shift+Enter 接受其余照片。
hint-focus = 按 F 逐张查看照片：A 接受，X 拒绝，1 到 9 选择，下一张会自动出现。
hint-read = 知道了

## Focus mode

focus = 专注
focus-pace = 每分钟 { $count } 张
focus-left = 已完成 { $done }，剩余 { $left }
focus-no-tags = 还没有标签
focus-no-tags-what = 按 T 说明这是什么：这将成为您的第一个标签。
focus-all-reviewed = 这里显示的照片均已审核。
focus-unsure = 在“{ $first }”和“{ $second }”之间不确定：您的回答在这里最有帮助。
focus-last = 最近十张，点击可返回
focus-back = 网格
focus-back-to = 返回 { $name }

## Auto-tag

auto-tag = 自动标注
auto-tag-button = 自动标注…
auto-tag-what = Hangtag 会留出您的一部分标注，检验自己答对的频率，从而得出要有多大把握才能兑现您的要求，并只标注把握足够大的照片。
auto-tag-all = 所有标签
auto-tag-precision = 必须达到的正确率
auto-tag-right = 必须正确
auto-tag-checking = 正在用您的标注检验正确率…
auto-tag-changed = 检验之后标注有变化。请重新检验以查看将标注哪些照片。
auto-tag-check = 重新检验
auto-tag-thin = { $count } 条标注太少，无法作出保证。大约还需要 { $more } 条。
auto-tag-seen = 有 { $count } 张已标注的照片不计入：模型是用它们训练的。请标注模型没有见过的照片。
auto-tag-would = 标注 { $count } 张照片，留给您 { $left } 张
auto-tag-saves = 约节省 { $count } 分钟。
auto-tag-rests = 在留出的 { $count } 条标注中答对 { $right } 条，因此在把握不低于 { $probability }% 时，正确率至少为 { $bound }%（置信度 95%）。
auto-tag-sample = 将要标注的照片的随机样本
auto-tag-resample = 换一批样本
auto-tag-do = 标注 { $count } 张照片
auto-tag-applied = 已按规则标注 { $count } 张照片。一次撤销即可全部恢复。

## Editing tags and groups

menu-edit = 编辑标签…
menu-up = 上移
menu-down = 下移
tag-retired = { $name }（已停用）
tag-similar = 已有标签“{ $name }”：是同一个意思吗？
edit-tag = 编辑“{ $name }”
edit-taken = “{ $name }”已存在：请改为合并两者。
edit-description = 含义说明，供标注者参考
edit-colour = 颜色
edit-colour-n = 颜色 { $number }
edit-key = 按键
edit-key-hint = 用一个键设置此标签
edit-group-of = 标签组
edit-move-what = “{ $name }”连同 { $count } 条标注移到“{ $group }”。
edit-move-lost = 另有 { $count } 条标注将丢失：相应照片在“{ $group }”中已有其他答案。
edit-move-do = 移动
edit-merge = 合并…
edit-merge-what = “{ $name }”将被移除，其 { $count } 条标注移到另一个标签。
edit-merge-into = 合并到
edit-merge-do = 合并
edit-split = { $count ->
    [0] 拆分…
   *[other] 拆分出 { $count } 张照片…
}
edit-split-none = 请先选择需要单独标签的照片，再回到这里。
edit-split-what = { $count } 张照片将从“{ $name }”移到新标签。
edit-split-name = 新标签名称
edit-split-do = 拆分
edit-retire = 停用
edit-retire-what = 停用的标签保留其标注，但不再建议或提供
edit-restore = 重新启用
edit-delete = 删除
edit-delete-what = { $count ->
    [0] 删除此标签？它还没有任何标注。
   *[other] 删除此标签及其 { $count } 条标注？可以撤销。
}
edit-rename = 重命名
edit-group = 编辑标签组“{ $name }”
edit-group-change = 改为{ $kind }
edit-group-delete = 删除标签组…
edit-group-delete-what = 删除此标签组及其 { $tags } 个标签和 { $labels } 条标注？可以撤销。
edit-group-lost = { $count ->
    [0] 没有照片在此组中有两个标签，不会丢失任何内容。
   *[other] 将丢失 { $count } 条标注：照片有多个标签时只保留最新的一个。
}
edit-group-unknown = 不会丢失任何内容，但设置一个标签不再意味着否定其他标签。

## Products

restore = 恢复到备份
restore-what = 当前内容会另存为一份备份。照片不受影响。
restore-backup = 备份 { $number }（{ $date }）
restore-holds = { $labels } 条标注，{ $tags } 个标签
restore-ask = 要恢复到“{ $backup }”吗？当前内容会另存为一份备份，此后的标注只保留在那份备份中。
restore-do = 恢复
restore-where = 备份位于目录文件旁的 { $folder }。请把该文件夹复制到另一块磁盘，以防此磁盘损坏。
restore-nothing = 还没有备份：每天有改动时会自动备份一次。
damaged = 此目录已损坏
damaged-open = 文件的一部分已无法读取。屏幕上的内容仍在，但之后的修改可能无法保存。照片不受影响。
damaged-closed = 文件的一部分已无法读取，因此无法打开。照片不受影响。
damaged-gone = 此目录文件已不在
damaged-gone-why = 目录文件不存在或为空，但其备份仍在。若要新建目录，请先移走文件夹 { $folder }。照片不受影响。
damaged-gone-back-what = 一切恢复到当时的状态。
damaged-back = 恢复到最新的备份（{ $date }）
damaged-back-what = 一切恢复到当时的状态。损坏的文件会保留。
damaged-leave = 暂不处理
repair = 修复
repair-what = 保存仍能读取的内容，并用最新的备份补齐。损坏的文件会保留。
key-restore = 恢复备份…
products = 同一商品的照片
products-what = 同一商品的多张图显示为一格，并一起标注。
products-single = 每张照片单独显示
products-stem = 按名称：SKU_1、SKU-2、SKU (3)
products-folder = 按文件夹
products-no-stacks = { $count } 件商品，没有可合并的图
products-stacks = { $count } 件商品，{ $stacks } 件有多张图，最多 { $largest } 张

## Jobs

jobs = 任务
jobs-none = 目前没有任务，最近也没有运行过任务。
jobs-more = 另有 { $count } 条
job-was-cancelled = 已取消

## Settings

settings = 设置
settings-theme = 配色
theme-system = 跟随系统
theme-light = 浅色
theme-dark = 深色
settings-language = 语言
settings-language-system = 跟随系统
settings-cell-size = 照片大小
settings-device = 运行设备
settings-device-auto = 自动选择最快的
settings-threads = 线程
settings-threads-all = 全部 { $count } 个
settings-next-opening = 下次打开目录时生效
settings-next-start = 下次启动时生效
settings-thumbnails = 缩略图
settings-features = 特征
settings-activations = 训练准备数据
settings-clear-thumbnails = 清除缩略图
settings-clear-features = 清除特征
settings-clear-activations = 清除准备数据
settings-measuring = 正在统计…
settings-precision = 精度
settings-no-card = 未使用显卡：{ $reason }。
settings-int8-measure = 检查快速方式
settings-int8-leave = 恢复精确方式
settings-caches = 缓存
settings-caches-choose = 选择其他文件夹…
settings-caches-usual = 使用默认文件夹
settings-caches-next = 下次启动时改用 { $folder }
settings-caches-what = 三者都可随时重新生成：缩略图在滚动时生成，特征在重新查看照片后生成，训练准备数据在下次训练时生成。标注、训练记录和版本不受影响。

## Commands

palette-hint = 输入命令或标签
palette-nothing = 没有这样的命令。
palette-show-tag = 显示标签“{ $tag }”
key-accept-rest = 逐个标签：拒绝所选照片，接受其余照片
key-accept-all = 接受所有显示照片的建议…
key-auto-tag = 自动标注…
key-edit-tag = 编辑此标签
key-take-over = 沿用此处原照片的标注
key-focus = 逐张查看照片
key-leave-focus = 返回网格
key-zoom = 缩放到原始像素或还原
key-zoom-short = 缩放
key-save-filter = 保存此筛选
key-saved-filters = 重命名或删除已保存的筛选
key-group-by-tag = 按标签分组
key-stack = 同一商品的照片…
key-larger = 放大照片
key-smaller = 缩小照片
key-show-all = 显示全部
key-show-to-review = 显示待审核的照片
key-show-unsure = 显示不确定的照片
key-show-reviewed = 显示已审核的照片
key-order-name = 按名称排序
key-order-date = 按日期排序，最新在前
key-order-least = 按把握排序，最小在前
key-order-most = 按把握排序，最大在前
key-order-decision = 按标注时间排序，最新在前
key-jobs = 显示任务
key-theme = 切换浅色与深色
key-settings = 设置…
key-palette = 所有命令
key-space = 空格
key-wheel-name = Ctrl+滚轮
key-wheel = 放大或缩小照片
notice-pick-a-tag = 请先在左侧选择一个标签
notice-nothing-to-take-over = 此处之前没有其他照片，或已有标注
notice-many = 已完成：{ $words }。按 Ctrl+Z 可撤销。
key-mark = 选中或取消当前照片；逐个标签审核时：标为错误
edit-key-taken = 此键已有其他用途

## About

about-version = 版本 { $version }，由 Hangtag 作者开发，依 MIT 许可证或 Apache 许可证 2.0 授权。
about-licences = 它由许多他人的作品组成，其许可证如下：

## On what the model runs

runs-as = { $device }，{ $precision }
runs-on-cpu = 处理器
runs-on-cpu-by = 处理器（{ $by }）
runs-on-cuda = 显卡（CUDA）
runs-on-metal = 显卡（Metal）
precision-unknown = 有一种更快的看图方式（每个数用八位）。查看过足够多的照片后，会自动测量它在这里是否足够好。
precision-good = 快速方式（每个数用八位）在这里同样好：处理新照片能节省时间时就会启用。{ $measured }
precision-slower = 继续使用精确方式：快速方式（每个数用八位）在这里并不更快。{ $measured }
precision-worse = 继续使用精确方式：快速方式（每个数用八位）在这里不一定同样好。{ $measured }
precision-by-labels = 在 { $photos } 张有标签的照片上正确率为 { $int8 } %，精确方式为 { $f32 } %，差值可确信高于 { $bound } 个百分点；每秒 { $fast } 张，精确方式 { $exact } 张。
precision-by-features = 在 { $photos } 张照片上看到的内容几乎相同（一致度 { $cosine }，达到 0.99 即可）；每秒 { $fast } 张，精确方式 { $exact } 张。

## What did not work: what, why, where

failure = { $doing }失败：{ $because }。
failure-at = （{ $path }）
sentence-separator = {""}
doing-open-catalogue = 打开目录
doing-write-catalogue = 写入目录
doing-save = 保存
doing-read-folder = 读取文件夹
doing-open-model = 打开模型“{ $name }”
doing-embed = 查看照片
doing-demo = 准备示例照片
doing-keep-version = 保存版本
doing-read-version = 读取 { $number } 号版本
doing-delete-version = 删除版本
doing-export-model = 导出模型
doing-export-tags = 导出标签
doing-settings = 保存设置
doing-clear = 清除缓存
doing-job = 此任务
cause-not-found = 找不到该文件或文件夹
cause-not-allowed = 您没有访问权限
cause-disk-full = 磁盘已满。已保存的内容不会丢失；请腾出空间后重试
cause-read-only-disk = 磁盘无法写入
cause-disk-fails = 磁盘读写出错：已保存的内容不会丢失；请检查磁盘及其连接后重试
cause-not-a-catalogue = 这不是 Hangtag 目录。请选择由 Hangtag 创建的文件
cause-newer-catalogue = 它由更新版本的 Hangtag 写入。请更新 Hangtag 后再打开，或运行 `hangtag restore` 恢复到较早的备份
cause-read-only-catalogue = 此目录以只读方式打开
cause-damaged-catalogue = 目录文件的一部分已损坏。请修复，或恢复到备份
cause-empty-name = 名称至少需要一个字符
cause-long-name = 名称最多 { $count } 个字符，请缩短
cause-taken-name = 名称“{ $name }”已被使用。请换一个名称，或合并两者
cause-model-not-fetched = 此电脑上还没有该模型。运行一次 `hangtag models get { $name }` 即可下载（{ $size } MB）
cause-unknown-model = 没有名为“{ $name }”的模型
cause-model-replaced = 它的权重文件已损坏，或在下载后被替换。运行 `hangtag models get { $name }` 可重新下载
cause-model-unusable = 模型无法使用：{ $detail }。请修复其文件，或选择其他模型
cause-not-computed = 网络无法计算：{ $detail }
cause-nothing-learnt = 还没有学到任何内容。请为同一标签组中的两个标签各标注两张照片
cause-no-version = 该版本已不存在。请选择其他版本
cause-backbone-gone = 它的网络“{ $name }”已不在原处。请将其放回原处，或选择其他版本
cause-other-backbone = 它的标签是在另一个网络上学习的，与现在该处的网络不同。请放回该版本自己的网络，或选择其他版本
cause-needed-by-run = 第 { $run } 次训练尚未完成，还要用此版本的网络继续。请先在“训练”中继续，直到完成或将其停止；也可运行 `hangtag runs discard { $run }` 放弃它
cause-no-photos = 目录中的照片都无法读取，因此无法检查导出的内容。请将照片放回原处后再次导出
cause-not-runnable = 文件无法运行：{ $detail }。文件未保留
cause-differs = 文件给出的答案与 Hangtag 不一致：{ $detail }。文件未保留
cause-no-labels = 还没有照片有标签。请先为一些照片添加标签
cause-is-folder = 已有同名的文件夹。请将其移走，或选择导出到其他文件夹
cause-is-file = 已有同名的文件。请将其移走，或选择导出到其他文件夹
cause-not-replaced = 已有同名的照片或目录文件，不会将其替换。请换一个名称
cause-not-empty = 该文件夹中有先前的同类导出以外的内容。请清空该文件夹，或选择其他文件夹
cause-foreign = 该文件夹中的“{ $name }”不属于先前的导出。请将其移走，或选择其他文件夹
cause-within-export = 该文件夹本身是一个导出，若在其中再写入导出，它就无法被替换。请选择旁边的文件夹
cause-busy = 另一个 Hangtag 正在写入。请等它完成后再次导出
cause-cannot-write = 无法写入：{ $detail }。没有只写了一半的文件；请选择其他文件夹
shop-file-written-over = 导出会覆盖商店自己的文件。请选择导出到其他文件夹
shop-file-unreadable = 无法读取商店的文件（{ $detail }）。请重新选择
shop-file-empty = 商店的文件是空的。请从商店重新导出
shop-file-no-text = 商店的文件不是文本。请从商店导出为 CSV
shop-file-no-csv = 商店的文件不是 CSV（{ $detail }）。请从商店导出为 CSV
shop-file-ragged = 商店的文件第 { $line } 行附近有一行为 { $found } 个字段，而表头为 { $expected } 个。请从商店重新导出
shop-file-unknown-encoding = 无法确定商店的文件所用的编码。请另存为 UTF-8
shop-file-mixed-encoding = 商店的文件以 UTF-8 开头，后面却不是。请另存为 UTF-8
shop-file-no-characters = 商店的文件所用的编码 { $encoding } 没有“{ $text }”中的字符。请先另存为 UTF-8
shop-file-other-columns = 商店的文件不是 { $shop } 的商品导出文件：缺少 { $columns } 列。请以英文列名导出
shop-file-no-products = 商店的文件中没有商品的 SKU、handle 或图片名称与已标注的照片相符。请以 SKU 或 handle 命名照片或其文件夹
cause-mistake = Hangtag 内部出错。已保存的内容不会丢失；请重试，若再次出现请反馈
fault-empty = 文件是空的
fault-format = 内容不是已知的图片格式（JPEG、PNG、WebP、GIF、BMP 或 TIFF）
fault-large = 尺寸为 { $width } × { $height } 像素，超出可打开的大小
fault-cut-short = 文件不完整：图片只有前面一部分
fault-damaged = 文件已损坏或不完整：{ $detail }
fault-unreadable = 无法读取：{ $detail }
read-only-writer = { $name } 正在写入此目录。请先在那里关闭，再在此处修改
read-only-someone = 另一个 Hangtag 正在写入此目录。请先在那里关闭，再在此处修改
read-only-folder = 其所在文件夹无法写入（{ $detail }）
read-only-lock = 无法锁定（{ $detail }）
read-only-marked = 文件被标记为只读
read-only-not-copied = 它由旧版 Hangtag 创建，而{ $detail }。请为其磁盘腾出空间

## The Train stage

stage-tag = 标注
stage-train = 训练
stage-export = 导出
key-stage-tag = 转到标注
key-stage-train = 转到训练
key-stage-export = 转到导出
key-keep-version = 将所学保存为一个版本
key-go-back = 回到之前使用的版本
show-all = 显示全部
train-lessons = 学习内容
train-lessons-photos = { $count } 张已标注的照片
train-lessons-all = 全部 { $count } 个标签
train-lessons-fewest = 只显示标注最少的
train-no-tags = 还没有标签。请转到“标注”，说明一些照片是什么。
train-few = “{ $name }”有 { $count } 条标注。达到 { $enough } 条以上，其数字才可靠。
train-few-more = 另有 { $count } 个标签的标注太少。
train-keep = 保存版本
train-keep-what = 将 Hangtag 目前所学固定下来，并附上真实的指标：可用于比较，也可随时返回。
train-keep-nothing = 还没有学到任何内容。请为两个标签各标注两张照片。
train-keep-do = 保存为版本
train-keeping = 正在测量…
train-versions = 版本
train-no-versions = 还没有版本。版本是 Hangtag 在某一时刻所掌握的内容：可以使用、比较，也可以返回。
train-in-use = 正在使用版本 { $number }，您的标注会继续让它学习。
train-in-use-live = 未使用任何版本：建议来自 Hangtag 目前所学。
train-go-back = 回到版本 { $number }
train-go-back-live = 回到 Hangtag 目前所学
train-used = 使用中
train-use = 使用版本 { $number }
train-activating = 正在准备；在此期间继续使用当前版本
train-name = 版本名称
train-of-run = 第 { $run } 次训练
train-of-live-head = 按当时所学保存
train-figures = 正确率 { $accuracy }%，F1 { $f1 }
train-against = { $version } 与 { $other } 对比
train-beside = 对比
train-not-measured = 此标签组未测量：可留出的标注太少。请再标注一些模型训练时没有用过的照片。
train-on-cross = 在 { $count } 张已标注的照片上测量，判断每张时都当作没有学过它。
train-on-held-out = 在 { $count } 张未参与学习的照片上测量。
train-on-others = 另一个版本是在其他照片上测量的：细小差别没有意义。
train-photos = 照片
train-precision = 精确率
train-recall = 召回率
train-change = F1 变化
train-f1 = F1
f1-what = 标签在该有的照片上都能找到、又不误加到其他照片上时，F1 就高。宏 F1 是各标签的平均值，少见的标签与常见的同样重要。
train-all = 全部
train-accuracy = { $accuracy } 的照片判断正确。其自述把握的误差为 { $error }。
train-uncalibrated = 校准之前的误差为 { $error }。
train-average-precision = 各标签的平均精确率均值：{ $share }。
train-comparing = 正在比较…
train-compare = 查找标签有变化的照片
train-same = { $count } 张照片的标签都没有变化。
train-see-changes = 查看标签有变化的 { $count } 张照片
train-changes-name = 从版本 { $from } 到版本 { $to } 的变化
train-confusions = 混淆情况
train-confusions-what = 判断每张已标注的照片时都当作没有学过它。判断错误的会显示出来供您复查：可能是模型出错，也可能是标注有误。
train-confusions-find = 查找错误
train-confusions-on = { $count } 张已标注的照片
train-confusions-click = 行是照片的实际标签，列是判断结果。点击方格可查看其照片。
train-confusions-most = 共 { $count } 个标签，这里是出错最多的 { $shown } 个；下面的列表包含所有组合。
train-confusions-none = 没有判断错误。
train-pairs-more = 另有 { $count } 组
train-mistaken = “{ $truth }”被当作“{ $said }”
train-right = “{ $name }”判断正确
train-confusions-held-out = 未参与学习的照片
train-confusions-all = 所有已标注的照片
train-tag-right = 识别正确
train-tag-missed = 漏判
train-tag-wrongly = 误判
train-tag-rightly-not = 正确排除
train-outside = 其中 { $count } 张不在此目录文件中，只计入数量；其余照片可点击查看。
train-worst = 判断错误且把握最大的照片。上面是实际标签，下面是判断结果。
train-said = { $name }，{ $share }%
train-mistakes = 判断错误的照片
train-version-said = 版本 { $number } 判断为“{ $name }”，{ $share }%
train-unseen-said = 未学习此照片时判断为“{ $name }”，{ $share }%
train-see-mistakes = 查看全部 { $count } 张判断错误的照片
task-confusions = 正在查找“{ $group }”中的错误
version-number = 版本 { $number }
version-named = { $version }，{ $name }
confirm-delete-version = 删除版本 { $number }？此操作无法撤销，编号也不会再次使用。

tune = 微调
tune-what = 在后台用 { $count } 张已标注的照片训练{ $part }。其中一部分会留出，用于如实测量。
tune-start = 开始
tune-resume = 继续第 { $run } 次训练
tune-expert = 专家设置
tune-preparing = 正在准备照片的多种视图…
tune-epoch = 第 { $epoch } / { $epochs } 轮，每秒 { $rate } 张
tune-skipped = 有 { $count } 步因梯度超出 f16 范围而被跳过。
tune-left = 剩余 { $left }
tune-all-what = 每一轮都会重新解码每张照片，并让它正向、反向通过整个网络：计算量是只训练最后一个阶段的许多倍。
tune-memory = 约需 { $size } GB 内存；减小每步照片数可降低占用。
tune-takes = 按上次训练估计，在这台电脑上约需 { $time }。
tune-anew = 重新开始训练
tune-stopping = 正在停止…
tune-pausing = 完成这一步后暂停…
tune-measuring = 正在测量新版本…
tune-pause = 暂停
tune-pause-what = 保留已学内容，之后从此处继续，即使期间关闭过 Hangtag。
tune-stop = 停止…
tune-meanwhile = 在此期间可继续标注，使用的仍是当前版本。
tune-outcome = 版本 { $version } 在未参与学习的照片上正确率为 { $accuracy }%，不经微调为 { $live }%。
tune-outcome-chose = 由于没有另外留出的照片，最好的一轮也是按这些照片选出的，因此结果略微偏高。
tune-outcome-in-use = 之前使用的版本 { $version } 对其中 { $accuracy }% 判断正确。
tune-outcome-beside-in-use = 之前使用的版本 { $version } 已从其中部分照片学习过；对其余照片，它的正确率为 { $accuracy }%，新版本为 { $own }%。
tune-outcome-not-compared = 之前使用的版本 { $version } 无法比较：可用于评判的照片它都学习过，或者有它不了解的标签组。
tune-outcome-refitted = 启用后它会照旧随您的标签学习；这样拟合后，对其中 { $accuracy }% 判断正确。
tune-settled = 由于不再有改进，训练提前结束。
tune-cancelled = 训练已停止，保留了目前最好的一轮。
tune-diverged = 第 { $epoch } 轮数值失控，学习率过高时会如此。保留了此前最好的一轮。
tune-better-used = 效果更好，现已启用。
tune-better = 效果更好，您可以启用它。
tune-worse-used = 效果没有更好；已按您的选择启用。
tune-worse = 效果没有更好，因此保持原来的设置。
tune-unfreeze = 训练范围
unfreeze-head = 仅分类头
unfreeze-layer4 = 最后一个阶段和分类头
unfreeze-layer3 = 最后两个阶段和分类头
unfreeze-all = 整个网络
tune-precision = 乘积的精度
tune-precision-auto = 设备最擅长的
tune-epochs = 轮数
tune-batch = 每步照片数
tune-patience = 耐心（轮）
tune-head-rate = 分类头学习率
tune-body-rate = 网络学习率
tune-test-rates = 先寻找学习率
tune-test-rates-what = 先以越来越高的学习率试几步，看哪个合适。这里设置的值此后只表示它们之间的比例。
tune-warm-up = 预热步数比例
tune-decay = 权重衰减
tune-smoothing = 标签平滑
tune-mixup = Mixup
tune-averaging = 权重平均
tune-rare = 稀有标签阈值
tune-gradient = 梯度长度上限
tune-checkpoint = 检查点（分钟）
tune-seed = 随机种子
tune-cache = 缓存上限（GB）
tune-group = 标签组
tune-all-groups = 全部
tune-activate = 启用
tune-activate-auto = 效果更好时
tune-activate-always = 总是
tune-activate-never = 从不
tune-reset = 恢复默认
stop-title = 停止训练？
stop-closing = 要关闭 Hangtag 吗？训练正在进行
stop-leaving = 训练正在进行
stop-finish = 先等训练完成
stop-finish-what = 训练结束后再执行此操作。
stop-pause = 暂停，稍后继续
stop-keep = 停止，并保留目前最好的结果
stop-keep-what = 最好的一轮会先经过测量，再成为一个版本，但不会自动启用。
stop-discard = 停止，什么也不保留
stop-discard-what = 曲线仍保留在训练记录中，但不会生成版本。
stop-go-on = 继续训练
stop-waiting = 训练结束后会执行此操作。
notice-run-waits = 第 { $run } 次训练尚未完成，可在“训练”中继续。
curves = 第 { $run } 次训练
curves-soon = 第一轮完成后开始显示曲线。
curves-loss = 损失
curves-f1 = 留出照片的宏 F1
curves-training = 训练
curves-held-out = 留出
curves-this-run = 本次训练
curves-live = 不经微调
runs = 训练记录
runs-what = 勾选训练记录可叠加其曲线，并对照各项设置。
runs-run = 训练
runs-began = 开始时间
runs-state = 状态
runs-right = 正确率
runs-version = 生成
runs-best = 最佳轮次
runs-settings = 设置对照
runs-loss = 留出照片的损失
runs-live-f1 = 不经微调的 F1
runs-go-on = 继续
runs-rate = 每秒照片数
runs-time = 用时
runs-device = 运行设备
runs-precision = 实际精度
runs-yes = 是
runs-no = 否
run-running = 进行中
run-paused = 已暂停
run-interrupted = 已中断
run-done = 完成
run-cancelled = 已停止
run-failed = 失败

## 导出

ask-out-folder = 选择写入的文件夹
ask-shop-file = 商店自己的商品表
export-title = 交付
export-title-version = 交付版本 { $number }
export-now = 目前所学
export-now-is = 目前所学（{ $version }）
export-version = 版本
export-measured = 在 { $count } 张留出的照片上正确率为 { $accuracy }%
export-model = 模型
export-tags = 标签
export-bundle = Hangtag 模型包
export-bundle-what = PyTorch、另一个 Hangtag
export-onnx = ONNX
export-onnx-what = ONNX Runtime、Triton、Windows ML
export-savedmodel = TensorFlow SavedModel
export-savedmodel-what = TF Serving、Vertex AI；三种签名
export-tflite = TensorFlow Lite
export-tflite-what = Android 和 iOS 应用、LiteRT
export-coreml = Core ML
export-coreml-what = iPhone、Mac
export-kit = 部署套件
export-kit-what = 配合 ONNX、SavedModel：监控、TLS
export-shopify = Shopify
export-shopify-what = 含标签和类型的商品 CSV
export-woocommerce = WooCommerce
export-woocommerce-what = 含分类和标签的商品 CSV
export-xmp = Lightroom、digiKam
export-xmp-what = XMP 附属文件
export-jsonl = JSON Lines
export-jsonl-what = 每件商品一行
export-folders = 按标签分文件夹
export-folders-what = 照片副本
export-imagefolder = Hugging Face
export-imagefolder-what = imagefolder 及元数据
export-tfrecord = TFRecord
export-tfrecord-what = tf.train.Example，分片
export-parquet = Parquet
export-parquet-what = 每条标注一行
export-makes-products = 此文件会在商店中新建商品。要为已有商品添加标签，请点“合并到您自己的文件…”，并选择商店导出的文件。
export-merge = 合并到您自己的文件…
export-merged-into = 合并到 { $name }
export-about = 约 { $size } MB
export-into = 全部写入
export-choose = 其他文件夹…
export-do = 导出 { $count } 项
export-writing = { $name }，第 { $number } 项，共 { $count } 项
export-keeping = 正在先将目前所学保存为版本…
export-same = 在 { $count } 张照片上答案一致
export-agreement = 在 { $count } 张照片上 { $share }% 一致
export-unverified = 请运行 verify.py 检查
export-verified = 已用 { $runtime } 验证
export-insisted = 有偏差，仍予保留
export-failed = 未写入
export-written = 已写入
export-insist = 仍然保留
export-interval = { $share }%（{ $low }–{ $high }）
export-agrees-on = 在 { $count } 张照片上，{ $share } 的判断与 Hangtag 一致。
export-difference = 在 { $count } 张照片上，概率与 Hangtag 的相差不超过 { $most }。
export-accuracy = 在 { $count } 张已知标签的照片上，正确率为 { $accuracy }，Hangtag 为 { $app }。
export-held-out = 它没有从这些照片中学习过。
export-not-held-out = 它从其中部分或全部照片中学习过。
export-accuracy-unknown = 正确率未知。
export-passed-over = 跳过了 { $count } 项
wrote-lines = { $count } 行，{ $photos }
wrote-sidecars = { $count } 个附属文件，另有 { $others } 个未变
wrote-folders = { $photos }，{ $count } 个文件，{ $folders } 个文件夹
wrote-image-folder = { $photos }，附 metadata.jsonl
wrote-shards = { $photos }，{ $count } 个分片
wrote-labels = { $count } 条标注
wrote-merged = { $count } 件商品中找到 { $found } 件，更改了 { $changed } 件
wrote-products = { $count } 件商品
# Columns are called in a shop's file as they are here.
note-category = { $column } 列取自标签组“{ $group }”，Tags 列取自其他标签组。
note-no-category-group = { $column } 列保持不变：没有名为“类别”或“类型”的单选标签组。
note-no-category-column = 商店的文件没有 { $column } 列；只填写了 Tags 列。
note-encoding = 商店的文件按 { $encoding } 编码读取，并以同样的编码写出。
note-rewritten = { $shop } 用逗号分隔标签：{ $tags }。
note-rewritten-tag = “{ $tag }”写作“{ $entry }”
note-levels = { $shop } 会在“>”处把分类拆成多级：{ $tags }。若应是一个分类，请重命名该标签。
passed-over-gone = { $count } 张已标注的照片：文件缺失或已损坏
passed-over-changed = 标注之后文件有变化；请重新导入其文件夹
passed-over-outside = 其路径在照片文件夹之外；请重新读取该文件夹
passed-over-not-utf8 = 不是有效的 UTF-8
passed-over-not-xml = 不是格式正确的 XML：{ $detail }
passed-over-cut-short = 文件不完整
passed-over-not-xmp = 不是 XMP：没有 rdf:RDF
passed-over-no-description = 没有 rdf:Description
passed-over-strange-keywords = 关键字的写法无法识别
passed-over-no-product = 商店的文件中没有与此 SKU、handle 或图片名称相符的商品
passed-over-several-products = 商店的文件中有多件商品相符：{ $names }
passed-over-conflict = 各张照片在“{ $group }”中的答案不同；该标签组保持不变
export-open = 打开文件夹
export-copy = 复制
export-promise = 写出的文件给出与 Hangtag 相同的答案后才算完成，否则会注明尚未检查。
