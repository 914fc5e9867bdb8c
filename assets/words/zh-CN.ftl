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
top-keys = 快捷键
top-light = 浅色模式
top-dark = 深色模式
top-search = 搜索文件名   /
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
tag-counts = 已标注 { $labelled } 张，建议 { $proposed } 张
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
answer-set = 设为“{ $name }”

## One photo

photo-none =
    选择一张照片，
    即可查看大图和全部信息。
photo-name = 照片 { $name }
photo-broken = 无法使用此照片：{ $reason }。
photo-missing = 文件已不存在。标注仍会保留，文件恢复后即重新显示。
photo-words = 日常词汇，仅供入门
label-person = 由您标注
label-proposal = 由您接受
label-proposal-at = 建议概率 { $percent }%，由您接受
label-rule = 建议概率 { $percent }%，由规则接受
label-import = 导入
accept-tag = 接受“{ $name }”
other-tag = 其他标签…
mark-reviewed-long = 标为已审核：未标注的标签均记为“否”   R
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
seconds = { $count } 秒
minutes = { $count } 分钟
hours = { $count } 小时
saved = 所有更改均已保存
reading-only = 只读
model = { $name }，{ $runs }
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
key-digits = 选择第一个未完成标签组中的标签
key-arrows-name = 方向键、Home、End
key-arrows = 移动；按住 Shift 可扩展选择
key-click-name = Ctrl+单击
key-click = 将照片加入选择

## Notices

notice-read-only = 此目录以只读方式打开：{ $reason }。
notice-words-one-by-one = 日常词汇需逐张接受；按 T 可为全部照片设置同一标签
notice-words-no-reject = 日常词汇无需拒绝：按 T 并输入正确的标签即可
notice-no-font = 这台电脑没有可显示中文、日文和韩文的字体。请安装软件包 fonts-noto-cjk（Debian、Ubuntu）或 google-noto-sans-cjk-fonts（Fedora），然后重新启动 Hangtag。

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
task-open-model = 正在打开模型
task-check-auto-tag = 正在检验“{ $group }”的把握
check-done = { $group }：已用 { $count } 条标注检验
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
