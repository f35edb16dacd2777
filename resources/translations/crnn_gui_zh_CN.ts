<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
 <context>
  <name>AcceptPanel</name>
  <message>
   <source>Accept above</source>
   <translation>按阈值接受</translation>
  </message>
  <message>
   <source>Accept readings at least this sure</source>
   <translation>接受置信度不低于此值的识别结果</translation>
  </message>
  <message>
   <source>Accept {count} readings</source>
   <translation>接受 {count} 个识别结果</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <source>Check a sample of {count}</source>
   <translation>抽查 {count} 个样本</translation>
  </message>
  <message>
   <source>Counting…</source>
   <translation>正在统计…</translation>
  </message>
  <message>
   <source>No reading that waits is as sure as this.</source>
   <translation>没有待处理的识别结果达到这个置信度。</translation>
  </message>
  <message>
   <source>Sample: {checked} of {words} checked, {wrong} wrong.</source>
   <translation>抽样：已检查 {checked}/{words}，其中 {wrong} 个错误。</translation>
  </message>
  <message>
   <source>Sample: {checked} of {words} checked, {wrong} wrong. Press Enter where the reading is right, type where it is not.</source>
   <translation>抽样：已检查 {checked}/{words}，其中 {wrong} 个错误。识别正确时按 Enter，错误时直接输入正确文本。</translation>
  </message>
  <message>
   <source>{words} readings would be accepted, about {expected} of them wrong ({low} to {high}, 19 times in 20).</source>
   <translation>将接受 {words} 个识别结果，预计约有 {expected} 个错误(95% 的情况下为 {low} 至 {high} 个)。</translation>
  </message>
  <message>
   <source>{wrong} of {words} in the sample were wrong, far more than these confidences promise. Nothing more was accepted; choose a higher threshold, or train on what you verified.</source>
   <translation>样本中 {words} 个有 {wrong} 个错误，远多于置信度所预示的数量。没有再接受任何结果；请提高阈值，或用已确认的词进行训练。</translation>
  </message>
 </context>
 <context>
  <name>Accepting</name>
  <message>
   <source>Accept readings above {share} %</source>
   <translation>接受高于 {share}% 的识别结果</translation>
  </message>
  <message>
   <source>{count} readings were accepted. Undo takes all of them back in one step.</source>
   <translation>已接受 {count} 个识别结果。撤销可一步全部收回。</translation>
  </message>
 </context>
 <context>
  <name>Actions</name>
  <message>
   <source> or </source>
   <translation> 或 </translation>
  </message>
  <message>
   <source>&amp;100 %</source>
   <translation>100%(&amp;1)</translation>
  </message>
  <message>
   <source>&amp;Annotate</source>
   <translation>标注(&amp;A)</translation>
  </message>
  <message>
   <source>&amp;Close project</source>
   <translation>关闭项目(&amp;C)</translation>
  </message>
  <message>
   <source>&amp;Copy words</source>
   <translation>复制词(&amp;C)</translation>
  </message>
  <message>
   <source>&amp;Dark</source>
   <translation>深色(&amp;D)</translation>
  </message>
  <message>
   <source>&amp;Delete page</source>
   <translation>删除页面(&amp;D)</translation>
  </message>
  <message>
   <source>&amp;Delete words</source>
   <translation>删除词(&amp;D)</translation>
  </message>
  <message>
   <source>&amp;Export…</source>
   <translation>导出(&amp;E)…</translation>
  </message>
  <message>
   <source>&amp;Find an action, a page or a setting</source>
   <translation>查找操作、页面或设置(&amp;F)</translation>
  </message>
  <message>
   <source>&amp;Find words on this page</source>
   <translation>查找此页面中的词(&amp;F)</translation>
  </message>
  <message>
   <source>&amp;Fit box to the writing</source>
   <translation>使框贴合文字(&amp;F)</translation>
  </message>
  <message>
   <source>&amp;Fit page</source>
   <translation>适合页面(&amp;F)</translation>
  </message>
  <message>
   <source>&amp;Ignore word</source>
   <translation>忽略词(&amp;I)</translation>
  </message>
  <message>
   <source>&amp;Import…</source>
   <translation>导入(&amp;I)…</translation>
  </message>
  <message>
   <source>&amp;Keyboard shortcuts</source>
   <translation>键盘快捷键(&amp;K)</translation>
  </message>
  <message>
   <source>&amp;Light</source>
   <translation>浅色(&amp;L)</translation>
  </message>
  <message>
   <source>&amp;Merge words</source>
   <translation>合并词(&amp;M)</translation>
  </message>
  <message>
   <source>&amp;Next page</source>
   <translation>下一页(&amp;N)</translation>
  </message>
  <message>
   <source>&amp;Paste words</source>
   <translation>粘贴词(&amp;P)</translation>
  </message>
  <message>
   <source>&amp;Previous page</source>
   <translation>上一页(&amp;P)</translation>
  </message>
  <message>
   <source>&amp;Previous word</source>
   <translation>上一个词(&amp;P)</translation>
  </message>
  <message>
   <source>&amp;Quit</source>
   <translation>退出(&amp;Q)</translation>
  </message>
  <message>
   <source>&amp;Read page again</source>
   <translation>重新识别页面(&amp;R)</translation>
  </message>
  <message>
   <source>&amp;Redo</source>
   <translation>重做(&amp;R)</translation>
  </message>
  <message>
   <source>&amp;Review</source>
   <translation>审校(&amp;R)</translation>
  </message>
  <message>
   <source>&amp;Search pages</source>
   <translation>搜索页面(&amp;S)</translation>
  </message>
  <message>
   <source>&amp;Settings…</source>
   <translation>设置(&amp;S)…</translation>
  </message>
  <message>
   <source>&amp;Split word</source>
   <translation>拆分词(&amp;S)</translation>
  </message>
  <message>
   <source>&amp;Train</source>
   <translation>训练(&amp;T)</translation>
  </message>
  <message>
   <source>&amp;Trash…</source>
   <translation>回收站(&amp;T)…</translation>
  </message>
  <message>
   <source>&amp;Undo</source>
   <translation>撤销(&amp;U)</translation>
  </message>
  <message>
   <source>&amp;Verify and go to next</source>
   <translation>确认并转到下一个(&amp;V)</translation>
  </message>
  <message>
   <source>&amp;Verify page</source>
   <translation>确认页面(&amp;V)</translation>
  </message>
  <message>
   <source>Acce&amp;pt readings above…</source>
   <translation>按阈值接受识别结果(&amp;P)…</translation>
  </message>
  <message>
   <source>Ask a secon&amp;d reader about all suggestions</source>
   <translation>请第二识别器识别所有建议(&amp;D)</translation>
  </message>
  <message>
   <source>Cu&amp;t words</source>
   <translation>剪切词(&amp;T)</translation>
  </message>
  <message>
   <source>D&amp;uplicate words</source>
   <translation>创建词的副本(&amp;U)</translation>
  </message>
  <message>
   <source>Dra&amp;w word box</source>
   <translation>绘制词框(&amp;W)</translation>
  </message>
  <message>
   <source>Draw box of &amp;four corners</source>
   <translation>绘制四角框(&amp;F)</translation>
  </message>
  <message>
   <source>Edit &amp;text</source>
   <translation>编辑文本(&amp;T)</translation>
  </message>
  <message>
   <source>Find words on all pages &amp;without words</source>
   <translation>在没有词的页面中查找词(&amp;W)</translation>
  </message>
  <message>
   <source>Insert &amp;character…</source>
   <translation>插入字符(&amp;C)…</translation>
  </message>
  <message>
   <source>Keep text, hand keys to the page; again: deselect</source>
   <translation>保留文本，键盘交还页面；再按一次取消选择</translation>
  </message>
  <message>
   <source>Look of the s&amp;ystem</source>
   <translation>跟随系统外观(&amp;Y)</translation>
  </message>
  <message>
   <source>Merge with the next word</source>
   <translation>与下一个词合并</translation>
  </message>
  <message>
   <source>Move box by 10 pixels down</source>
   <translation>移动框 10 像素 向下</translation>
  </message>
  <message>
   <source>Move box by 10 pixels left</source>
   <translation>移动框 10 像素 向左</translation>
  </message>
  <message>
   <source>Move box by 10 pixels right</source>
   <translation>移动框 10 像素 向右</translation>
  </message>
  <message>
   <source>Move box by 10 pixels up</source>
   <translation>移动框 10 像素 向上</translation>
  </message>
  <message>
   <source>Move box down</source>
   <translation>移动框 向下</translation>
  </message>
  <message>
   <source>Move box left</source>
   <translation>移动框 向左</translation>
  </message>
  <message>
   <source>Move box right</source>
   <translation>移动框 向右</translation>
  </message>
  <message>
   <source>Move box up</source>
   <translation>移动框 向上</translation>
  </message>
  <message>
   <source>Ne&amp;xt word</source>
   <translation>下一个词(&amp;X)</translation>
  </message>
  <message>
   <source>Next &amp;unverified word</source>
   <translation>下一个未确认的词(&amp;U)</translation>
  </message>
  <message>
   <source>Next page</source>
   <translation>下一页</translation>
  </message>
  <message>
   <source>Open &amp;folder…</source>
   <translation>打开文件夹(&amp;F)…</translation>
  </message>
  <message>
   <source>Open &amp;image or project…</source>
   <translation>打开图像或项目(&amp;I)…</translation>
  </message>
  <message>
   <source>Open &amp;sample project</source>
   <translation>打开示例项目(&amp;S)</translation>
  </message>
  <message>
   <source>Previous page</source>
   <translation>上一页</translation>
  </message>
  <message>
   <source>Previous unverified word</source>
   <translation>上一个未确认的词</translation>
  </message>
  <message>
   <source>Re&amp;vert to the reading</source>
   <translation>恢复为识别结果(&amp;V)</translation>
  </message>
  <message>
   <source>Read a&amp;ll pages</source>
   <translation>识别所有页面(&amp;L)</translation>
  </message>
  <message>
   <source>Read all pages a&amp;gain where older weights read</source>
   <translation>重新识别由旧权重识别的页面(&amp;G)</translation>
  </message>
  <message>
   <source>Read word a&amp;gain</source>
   <translation>重新识别词(&amp;G)</translation>
  </message>
  <message>
   <source>Resize box by 10 pixels down</source>
   <translation>调整框 10 像素 向下</translation>
  </message>
  <message>
   <source>Resize box by 10 pixels left</source>
   <translation>调整框 10 像素 向左</translation>
  </message>
  <message>
   <source>Resize box by 10 pixels right</source>
   <translation>调整框 10 像素 向右</translation>
  </message>
  <message>
   <source>Resize box by 10 pixels up</source>
   <translation>调整框 10 像素 向上</translation>
  </message>
  <message>
   <source>Resize box down</source>
   <translation>调整框 向下</translation>
  </message>
  <message>
   <source>Resize box left</source>
   <translation>调整框 向左</translation>
  </message>
  <message>
   <source>Resize box right</source>
   <translation>调整框 向右</translation>
  </message>
  <message>
   <source>Resize box up</source>
   <translation>调整框 向上</translation>
  </message>
  <message>
   <source>Search and re&amp;place…</source>
   <translation>搜索和替换(&amp;P)…</translation>
  </message>
  <message>
   <source>Select &amp;all words</source>
   <translation>选择所有词(&amp;A)</translation>
  </message>
  <message>
   <source>Show te&amp;xt at boxes</source>
   <translation>在框旁显示文本(&amp;X)</translation>
  </message>
  <message>
   <source>Show the &amp;list of words</source>
   <translation>显示词列表(&amp;L)</translation>
  </message>
  <message>
   <source>Split word at the caret</source>
   <translation>在光标处拆分词</translation>
  </message>
  <message>
   <source>Take alternative 1</source>
   <translation>采用候选 1</translation>
  </message>
  <message>
   <source>Take alternative 2</source>
   <translation>采用候选 2</translation>
  </message>
  <message>
   <source>Take alternative 3</source>
   <translation>采用候选 3</translation>
  </message>
  <message>
   <source>Take alternative 4</source>
   <translation>采用候选 4</translation>
  </message>
  <message>
   <source>Take alternative 5</source>
   <translation>采用候选 5</translation>
  </message>
  <message>
   <source>Take alternative 6</source>
   <translation>采用候选 6</translation>
  </message>
  <message>
   <source>Take alternative 7</source>
   <translation>采用候选 7</translation>
  </message>
  <message>
   <source>Take alternative 8</source>
   <translation>采用候选 8</translation>
  </message>
  <message>
   <source>Take alternative 9</source>
   <translation>采用候选 9</translation>
  </message>
  <message>
   <source>This &amp;machine…</source>
   <translation>本机(&amp;M)…</translation>
  </message>
  <message>
   <source>Turn box by 15° to the left</source>
   <translation>框左转 15°</translation>
  </message>
  <message>
   <source>Turn box by 15° to the right</source>
   <translation>框右转 15°</translation>
  </message>
  <message>
   <source>Turn box by 1° to the &amp;left</source>
   <translation>框左转 1°(&amp;L)</translation>
  </message>
  <message>
   <source>Turn box by 1° to the &amp;right</source>
   <translation>框右转 1°(&amp;R)</translation>
  </message>
  <message>
   <source>Turn the &amp;reading by 90°</source>
   <translation>阅读方向旋转 90°(&amp;R)</translation>
  </message>
  <message>
   <source>Turn the reading by 90° back</source>
   <translation>阅读方向回转 90°</translation>
  </message>
  <message>
   <source>Verify and sta&amp;y</source>
   <translation>确认并停留(&amp;Y)</translation>
  </message>
  <message>
   <source>Zoom &amp;in</source>
   <translation>放大(&amp;I)</translation>
  </message>
  <message>
   <source>Zoom &amp;out</source>
   <translation>缩小(&amp;O)</translation>
  </message>
  <message>
   <source>Zoom to &amp;word</source>
   <translation>缩放到词(&amp;W)</translation>
  </message>
  <message>
   <source>arrows</source>
   <translation>方向键</translation>
  </message>
 </context>
 <context>
  <name>AngleField</name>
  <message>
   <source>Angle of the box</source>
   <translation>框的角度</translation>
  </message>
  <message>
   <source>Angle of the box in degrees clockwise; Shift+drag its handle for steps of 15°</source>
   <translation>框的角度(顺时针，度)；按住 Shift 拖动手柄以 15° 为步长</translation>
  </message>
 </context>
 <context>
  <name>AnnotateWorkspace</name>
  <message>
   <source>More tools</source>
   <translation>更多工具</translation>
  </message>
  <message>
   <source>No word of this project waits for you any more.</source>
   <translation>本项目中没有待处理的词了。</translation>
  </message>
  <message>
   <source>page</source>
   <translation>个页面</translation>
  </message>
  <message>
   <source>pages</source>
   <translation>个页面</translation>
  </message>
  <message>
   <source>{pages} moved to the trash; Undo brings back what was deleted.</source>
   <translation>{pages}已移到回收站；撤销可恢复删除的内容。</translation>
  </message>
 </context>
 <context>
  <name>Application</name>
  <message>
   <source>Preparing the sample</source>
   <translation>正在准备示例</translation>
  </message>
  <message>
   <source>Reading {done} of {total} words</source>
   <translation>正在识别 {done}/{total} 个词</translation>
  </message>
  <message>
   <source>The weights “{name}” go on reading.</source>
   <translation>继续使用权重“{name}”识别。</translation>
  </message>
  <message>
   <source>The weights “{name}” read from now on.</source>
   <translation>从现在起使用权重“{name}”进行识别。</translation>
  </message>
  <message>
   <source>Training is over. {reason}</source>
   <translation>训练已结束。{reason}</translation>
  </message>
 </context>
 <context>
  <name>BoxTools</name>
  <message>
   <source>No writing stands out from the ground here, so the box stays as it is.</source>
   <translation>此处没有从背景中显现的文字，框保持不变。</translation>
  </message>
  <message>
   <source>The first {count} of the selected boxes were drawn close; select fewer for the others.</source>
   <translation>已收紧所选框中的前 {count} 个；其余的请减少选择后再试。</translation>
  </message>
 </context>
 <context>
  <name>Canvas</name>
  <message>
   <source>Page</source>
   <translation>页面</translation>
  </message>
  <message>
   <source>This corner lies within the other three; click where it makes a box.</source>
   <translation>这个角位于其他三个角之内；请点击能构成框的位置。</translation>
  </message>
 </context>
 <context>
  <name>Causes</name>
  <message>
   <source>a pooling passes over pixels</source>
   <translation>池化跳过了像素</translation>
  </message>
  <message>
   <source>batch needs too much memory</source>
   <translation>批次所需内存过多</translation>
  </message>
  <message>
   <source>cause not found</source>
   <translation>未找到原因</translation>
  </message>
  <message>
   <source>crop is one plain colour</source>
   <translation>裁剪图为单一颜色</translation>
  </message>
  <message>
   <source>crop is too small</source>
   <translation>裁剪图过小</translation>
  </message>
  <message>
   <source>gradient exploded</source>
   <translation>梯度爆炸</translation>
  </message>
  <message>
   <source>half precision overflowed</source>
   <translation>半精度溢出</translation>
  </message>
  <message>
   <source>image cannot be read</source>
   <translation>图像无法读取</translation>
  </message>
  <message>
   <source>image is missing</source>
   <translation>图像缺失</translation>
  </message>
  <message>
   <source>initial values are too large</source>
   <translation>初始值过大</translation>
  </message>
  <message>
   <source>input is not normalised</source>
   <translation>输入未归一化</translation>
  </message>
  <message>
   <source>label is empty</source>
   <translation>标注为空</translation>
  </message>
  <message>
   <source>label is too long for the crop</source>
   <translation>标注相对裁剪图过长</translation>
  </message>
  <message>
   <source>learning rate is too high</source>
   <translation>学习率过高</translation>
  </message>
  <message>
   <source>mixed Unicode forms</source>
   <translation>Unicode 形式混用</translation>
  </message>
  <message>
   <source>pixels are not finite</source>
   <translation>像素值非有限</translation>
  </message>
  <message>
   <source>same pixels, another label</source>
   <translation>像素相同而标注不同</translation>
  </message>
  <message>
   <source>shared the batch</source>
   <translation>同在该批次中</translation>
  </message>
  <message>
   <source>training collapsed</source>
   <translation>训练崩溃</translation>
  </message>
  <message>
   <source>unknown character</source>
   <translation>未知字符</translation>
  </message>
  <message>
   <source>weights were not finite</source>
   <translation>权重非有限</translation>
  </message>
  <message>
   <source>{frames}, needs {needed}</source>
   <translation>{frames}，需要 {needed}</translation>
  </message>
 </context>
 <context>
  <name>CellDelegate</name>
  <message>
   <source>Type what the word says, or press Esc and leave it out of everything with I.</source>
   <translation>请输入词的文本，或按 Esc 后用 I 忽略它。</translation>
  </message>
  <message>
   <source>no text</source>
   <translation>无文本</translation>
  </message>
 </context>
 <context>
  <name>CharacterMap</name>
  <message>
   <source>Characters</source>
   <translation>字符</translation>
  </message>
  <message>
   <source>Name of the character</source>
   <translation>字符名称</translation>
  </message>
  <message>
   <source>No character has these words in its name.</source>
   <translation>没有名称包含这些词的字符。</translation>
  </message>
  <message>
   <source>Search by name: e acute, euro sign, u+00df</source>
   <translation>按名称搜索：e acute、euro sign、u+00df</translation>
  </message>
 </context>
 <context>
  <name>Child</name>
  <message>
   <source>The process that holds the recogniser ended unexpectedly (exit status {status}).</source>
   <translation>识别器进程意外结束(退出状态 {status})。</translation>
  </message>
  <message>
   <source>The process that holds the recogniser no longer answers.</source>
   <translation>识别器进程不再响应。</translation>
  </message>
  <message>
   <source>The process that holds the recogniser was ended by the system, which may have run out of memory.</source>
   <translation>识别器进程被系统终止，可能是内存不足。</translation>
  </message>
 </context>
 <context>
  <name>CommandPalette</name>
  <message>
   <source>Find an action, a page or a setting</source>
   <translation>查找操作、页面或设置</translation>
  </message>
  <message>
   <source>Nothing is called like that.</source>
   <translation>没有这样的名称。</translation>
  </message>
 </context>
 <context>
  <name>CrashDialog</name>
  <message>
   <source>Copy text</source>
   <translation>复制文本</translation>
  </message>
  <message>
   <source>If this happens again, please send the text below.</source>
   <translation>如果再次发生，请发送下面的文本。</translation>
  </message>
  <message>
   <source>It also stands in {file}.</source>
   <translation>它也保存在 {file} 中。</translation>
  </message>
  <message>
   <source>Open log folder</source>
   <translation>打开日志文件夹</translation>
  </message>
  <message>
   <source>Something went wrong</source>
   <translation>出错了</translation>
  </message>
  <message>
   <source>The program made a mistake, and goes on</source>
   <translation>程序出现错误，并继续运行</translation>
  </message>
  <message>
   <source>Your work is safe: every edit is in the annotation file.</source>
   <translation>您的工作是安全的：所有编辑都在标注文件中。</translation>
  </message>
  <message>
   <source>edit</source>
   <translation>项编辑</translation>
  </message>
  <message>
   <source>edits</source>
   <translation>项编辑</translation>
  </message>
  <message>
   <source>{edits} still on the way into the annotation file; everything before is in it.</source>
   <translation>{edits}仍在写入标注文件；此前的均已写入。</translation>
  </message>
 </context>
 <context>
  <name>CropLine</name>
  <message>
   <source>Crop</source>
   <translation>裁剪图</translation>
  </message>
 </context>
 <context>
  <name>CropView</name>
  <message>
   <source>Crop</source>
   <translation>裁剪图</translation>
  </message>
 </context>
 <context>
  <name>CropWall</name>
  <message>
   <source>Words to review</source>
   <translation>待审校的词</translation>
  </message>
 </context>
 <context>
  <name>Dates</name>
  <message>
   <source>%d %b %Y, %H:%M</source>
   <translation>%Y-%m-%d %H:%M</translation>
  </message>
  <message>
   <source>%d %b, %H:%M</source>
   <translation>%m-%d %H:%M</translation>
  </message>
 </context>
 <context>
  <name>Devices</name>
  <message>
   <source>no CUDA device was found</source>
   <translation>未找到 CUDA 设备</translation>
  </message>
  <message>
   <source>the CPU was asked for</source>
   <translation>已指定使用 CPU</translation>
  </message>
  <message>
   <source>this machine has an Apple GPU</source>
   <translation>此机器有 Apple GPU</translation>
  </message>
 </context>
 <context>
  <name>Edits</name>
  <message>
   <source>Accept reading</source>
   <translation>接受识别结果</translation>
  </message>
  <message>
   <source>Change reading order</source>
   <translation>更改阅读顺序</translation>
  </message>
  <message>
   <source>Clear label</source>
   <translation>清除标注</translation>
  </message>
  <message>
   <source>Cut words</source>
   <translation>剪切词</translation>
  </message>
  <message>
   <source>Delete page</source>
   <translation>删除页面</translation>
  </message>
  <message>
   <source>Delete pages</source>
   <translation>删除页面</translation>
  </message>
  <message>
   <source>Delete word</source>
   <translation>删除词</translation>
  </message>
  <message>
   <source>Delete words</source>
   <translation>删除词</translation>
  </message>
  <message>
   <source>Draw word</source>
   <translation>绘制词</translation>
  </message>
  <message>
   <source>Duplicate words</source>
   <translation>创建词的副本</translation>
  </message>
  <message>
   <source>Find words</source>
   <translation>查找词</translation>
  </message>
  <message>
   <source>Ignore</source>
   <translation>忽略</translation>
  </message>
  <message>
   <source>Make each image one word</source>
   <translation>将每张图像设为一个词</translation>
  </message>
  <message>
   <source>Merge words</source>
   <translation>合并词</translation>
  </message>
  <message>
   <source>Move word</source>
   <translation>移动词</translation>
  </message>
  <message>
   <source>Move words</source>
   <translation>移动词</translation>
  </message>
  <message>
   <source>Paste words</source>
   <translation>粘贴词</translation>
  </message>
  <message>
   <source>Reopen page</source>
   <translation>重新打开页面</translation>
  </message>
  <message>
   <source>Restore from the trash</source>
   <translation>从回收站还原</translation>
  </message>
  <message>
   <source>Restore label</source>
   <translation>恢复标注</translation>
  </message>
  <message>
   <source>Split word</source>
   <translation>拆分词</translation>
  </message>
  <message>
   <source>Stop ignoring</source>
   <translation>取消忽略</translation>
  </message>
  <message>
   <source>Type label</source>
   <translation>输入标注</translation>
  </message>
  <message>
   <source>Verify page</source>
   <translation>确认页面</translation>
  </message>
  <message>
   <source>Widen box</source>
   <translation>加宽框</translation>
  </message>
 </context>
 <context>
  <name>Effort</name>
  <message>
   <source>{hours} h {minutes} min</source>
   <translation>{hours} 小时 {minutes} 分钟</translation>
  </message>
  <message>
   <source>{minutes} min</source>
   <translation>{minutes} 分钟</translation>
  </message>
  <message>
   <source>{seconds} s</source>
   <translation>{seconds} 秒</translation>
  </message>
 </context>
 <context>
  <name>EffortButton</name>
  <message>
   <source>How fast you get on today; click for more</source>
   <translation>今天的进展速度；点击查看详情</translation>
  </message>
  <message>
   <source>{pace} words a minute</source>
   <translation>每分钟 {pace} 个词</translation>
  </message>
 </context>
 <context>
  <name>EffortPopover</name>
  <message>
   <source>Count anew</source>
   <translation>重新计数</translation>
  </message>
  <message>
   <source>Keys a word</source>
   <translation>每词按键数</translation>
  </message>
  <message>
   <source>Pauses of more than 15 seconds and words accepted in bulk do not count.</source>
   <translation>超过 15 秒的停顿和批量接受的词不计入。</translation>
  </message>
  <message>
   <source>This project</source>
   <translation>本项目</translation>
  </message>
  <message>
   <source>Time at work</source>
   <translation>工作时间</translation>
  </message>
  <message>
   <source>Today</source>
   <translation>今天</translation>
  </message>
  <message>
   <source>Words a minute</source>
   <translation>每分钟词数</translation>
  </message>
  <message>
   <source>Words decided</source>
   <translation>已处理的词</translation>
  </message>
 </context>
 <context>
  <name>EmptyState</name>
  <message>
   <source>Draw boxes around the words, correct what is read, and train a recogniser on them.
Your images stay as they are; everything you do is kept in one file beside them.</source>
   <translation>在词周围画框，更正识别结果，并用它们训练识别器。
图像保持不变；您的所有工作都保存在图像旁的一个文件中。</translation>
  </message>
  <message>
   <source>Drop a folder of photographs here</source>
   <translation>将照片文件夹拖放到此处</translation>
  </message>
  <message>
   <source>Recent projects</source>
   <translation>最近的项目</translation>
  </message>
  <message>
   <source>Take it off this list</source>
   <translation>从列表中移除</translation>
  </message>
 </context>
 <context>
  <name>EmptyWall</name>
  <message>
   <source>All looks through every word.</source>
   <translation>“全部”会显示每个词。</translation>
  </message>
  <message>
   <source>All {count} words are decided on. Next: train the recogniser on what you verified.</source>
   <translation>全部 {count} 个词均已处理。下一步：用已确认的词训练识别器。</translation>
  </message>
  <message>
   <source>Choose To do and press Enter on every word that is read right.</source>
   <translation>选择“待办”，在识别正确的每个词上按 Enter。</translation>
  </message>
  <message>
   <source>Clear the filters to see the others.</source>
   <translation>清除筛选条件以查看其他词。</translation>
  </message>
  <message>
   <source>Draw a box around each word; what is read in it comes here to be checked.</source>
   <translation>在每个词周围画框；识别结果会出现在这里供检查。</translation>
  </message>
  <message>
   <source>Draw words</source>
   <translation>绘制词</translation>
  </message>
  <message>
   <source>I on the wall leaves a word out of reading, training and export.</source>
   <translation>在审校墙上按 I 可将词排除在识别、训练和导出之外。</translation>
  </message>
  <message>
   <source>No ignored words</source>
   <translation>没有已忽略的词</translation>
  </message>
  <message>
   <source>No text here holds “{text}”</source>
   <translation>没有文本包含“{text}”</translation>
  </message>
  <message>
   <source>No verified words yet</source>
   <translation>还没有已确认的词</translation>
  </message>
  <message>
   <source>No word here passes the filters</source>
   <translation>没有词符合筛选条件</translation>
  </message>
  <message>
   <source>No words yet</source>
   <translation>还没有词</translation>
  </message>
  <message>
   <source>Nothing left to review</source>
   <translation>没有待审校的内容了</translation>
  </message>
  <message>
   <source>Train</source>
   <translation>训练</translation>
  </message>
 </context>
 <context>
  <name>ExportPanel</name>
  <message>
   <source> or </source>
   <translation> 或 </translation>
  </message>
  <message>
   <source>(no label)</source>
   <translation>(无标注)</translation>
  </message>
  <message>
   <source>, {suggested} nobody has verified among them</source>
   <translation>,其中 {suggested} 个尚未有人确认</translation>
  </message>
  <message>
   <source>A new folder, or an earlier export to replace</source>
   <translation>新文件夹，或要替换的先前导出</translation>
  </message>
  <message>
   <source>As the network sees them</source>
   <translation>按网络所见</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <source>Cancelled. Nothing was written.</source>
   <translation>已取消。未写入任何内容。</translation>
  </message>
  <message>
   <source>Choose the folder</source>
   <translation>选择文件夹</translation>
  </message>
  <message>
   <source>Close</source>
   <translation>关闭</translation>
  </message>
  <message>
   <source>Copy them into the folder</source>
   <translation>复制到文件夹中</translation>
  </message>
  <message>
   <source>Counting…</source>
   <translation>正在统计…</translation>
  </message>
  <message>
   <source>Crops</source>
   <translation>裁剪图</translation>
  </message>
  <message>
   <source>Export</source>
   <translation>导出</translation>
  </message>
  <message>
   <source>Export to a new folder</source>
   <translation>导出到新文件夹</translation>
  </message>
  <message>
   <source>Exporting…</source>
   <translation>正在导出…</translation>
  </message>
  <message>
   <source>Folder</source>
   <translation>文件夹</translation>
  </message>
  <message>
   <source>Format</source>
   <translation>格式</translation>
  </message>
  <message>
   <source>Go on from the earlier export in that folder</source>
   <translation>在该文件夹的先前导出上继续</translation>
  </message>
  <message>
   <source>How far crops reach beyond their boxes: 4 pixels, or 10% of the box's height</source>
   <translation>裁剪图超出框的范围：4 像素，或框高的 10%</translation>
  </message>
  <message>
   <source>Images that are not copied</source>
   <translation>未复制的图像</translation>
  </message>
  <message>
   <source>In full size</source>
   <translation>原始尺寸</translation>
  </message>
  <message>
   <source>JPEG, smaller</source>
   <translation>JPEG，体积较小</translation>
  </message>
  <message>
   <source>Keep</source>
   <translation>保留</translation>
  </message>
  <message>
   <source>Leave them where they are</source>
   <translation>留在原处</translation>
  </message>
  <message>
   <source>Lower case</source>
   <translation>转为小写</translation>
  </message>
  <message>
   <source>Margin of crops</source>
   <translation>裁剪边距</translation>
  </message>
  <message>
   <source>More options</source>
   <translation>更多选项</translation>
  </message>
  <message>
   <source>Name a folder to write to.</source>
   <translation>请指定要写入的文件夹。</translation>
  </message>
  <message>
   <source>No page fell into {parts}: another seed of the split deals them out differently.</source>
   <translation>没有页面分入 {parts}：更换划分种子会得到不同的分配。</translation>
  </message>
  <message>
   <source>PNG, pixel by pixel</source>
   <translation>PNG，逐像素</translation>
  </message>
  <message>
   <source>Page</source>
   <translation>页面</translation>
  </message>
  <message>
   <source>Pages</source>
   <translation>页面</translation>
  </message>
  <message>
   <source>Pages keep their part and name, labels their number in the lexicon.</source>
   <translation>页面保持其划分和名称，标注保持其在词典中的编号。</translation>
  </message>
  <message>
   <source>Rounded to whole pixels</source>
   <translation>取整到整像素</translation>
  </message>
  <message>
   <source>Show the folder</source>
   <translation>显示文件夹</translation>
  </message>
  <message>
   <source>Skipped: {reason}</source>
   <translation>已跳过：{reason}</translation>
  </message>
  <message>
   <source>Suggestions only</source>
   <translation>仅建议</translation>
  </message>
  <message>
   <source>Surer than</source>
   <translation>置信度高于</translation>
  </message>
  <message>
   <source>Train / val / test</source>
   <translation>训练 / 验证 / 测试</translation>
  </message>
  <message>
   <source>Upper case</source>
   <translation>大写字母</translation>
  </message>
  <message>
   <source>Verified words</source>
   <translation>已确认的词</translation>
  </message>
  <message>
   <source>Verified words, and suggestions for the others</source>
   <translation>已确认的词，其余用建议</translation>
  </message>
  <message>
   <source>Word</source>
   <translation>词</translation>
  </message>
  <message>
   <source>Words</source>
   <translation>词</translation>
  </message>
  <message>
   <source>Written with another shape, because the format cannot hold theirs</source>
   <translation>以其他形状写入，因为该格式无法保存原形状</translation>
  </message>
  <message>
   <source>and more, all in report.json</source>
   <translation>以及更多，全部见 report.json</translation>
  </message>
  <message>
   <source>seed</source>
   <translation>种子</translation>
  </message>
  <message>
   <source>word {number}</source>
   <translation>词 {number}</translation>
  </message>
  <message>
   <source>{count:,} will be skipped: &lt;a href='why'&gt;see why&lt;/a&gt;</source>
   <translation>将跳过 {count:,} 个：&lt;a href='why'&gt;查看原因&lt;/a&gt;</translation>
  </message>
  <message>
   <source>{labels} with more than a to z and 0 to 9, which some loaders refuse.</source>
   <translation>{labels}含有 a–z 和 0–9 以外的字符，部分加载程序会拒绝。</translation>
  </message>
  <message>
   <source>{words} of {pages}</source>
   <translation>{words}，来自{pages}</translation>
  </message>
  <message>
   <source>{written} written + {skipped} skipped = {total} words ({parts})</source>
   <translation>写入 {written} + 跳过 {skipped} = {total} 个词({parts})</translation>
  </message>
 </context>
 <context>
  <name>Exporting</name>
  <message>
   <source>Exporting</source>
   <translation>正在导出</translation>
  </message>
 </context>
 <context>
  <name>FixEverywhere</name>
  <message>
   <source>Fix the same mistake</source>
   <translation>更正同样的错误</translation>
  </message>
  <message>
   <source>The mistake of “{read}” for “{typed}” is also in {alike}; put it right there too?</source>
   <translation>{alike}中也有把“{typed}”识别为“{read}”的错误；一并更正吗？</translation>
  </message>
  <message>
   <source>The same mistake as “{read}”, which is “{typed}” now:</source>
   <translation>与“{read}”（现为“{typed}”）同样的错误：</translation>
  </message>
  <message>
   <source>{count} words were put right. Undo takes all of them back in one step.</source>
   <translation>已更正 {count} 个词。撤销可一步全部收回。</translation>
  </message>
  <message>
   <source>“{read}” was also read in {same}, and its mistake is in {alike}; put it right there too?</source>
   <translation>{same}也识别为“{read}”，{alike}中也有同样的错误；一并更正吗？</translation>
  </message>
  <message>
   <source>“{read}” was also read in {same}; make it “{typed}” there too?</source>
   <translation>{same}也识别为“{read}”；都改为“{typed}”吗？</translation>
  </message>
 </context>
 <context>
  <name>FormatBox</name>
  <message>
   <source>Crops: an image for each word</source>
   <translation>裁剪图：每个词一张图像</translation>
  </message>
  <message>
   <source>Pages: photographs with boxes</source>
   <translation>页面：带框的照片</translation>
  </message>
 </context>
 <context>
  <name>Guides</name>
  <message>
   <source>Change shortcuts</source>
   <translation>更改快捷键</translation>
  </message>
  <message>
   <source>Open a folder first.</source>
   <translation>请先打开文件夹。</translation>
  </message>
  <message>
   <source>Open a page first.</source>
   <translation>请先打开页面。</translation>
  </message>
  <message>
   <source>Select a word first.</source>
   <translation>请先选择一个词。</translation>
  </message>
  <message>
   <source>Settings</source>
   <translation>设置</translation>
  </message>
  <message>
   <source>There is nothing to do it with now.</source>
   <translation>当前没有可操作的对象。</translation>
  </message>
 </context>
 <context>
  <name>HistoryView</name>
  <message>
   <source>All that happened to this word</source>
   <translation>此词的全部历史</translation>
  </message>
  <message>
   <source>And {count} earlier.</source>
   <translation>以及更早的 {count} 条。</translation>
  </message>
  <message>
   <source>History of the word</source>
   <translation>词的历史</translation>
  </message>
  <message>
   <source>Let “{text}” stand again</source>
   <translation>恢复为“{text}”</translation>
  </message>
  <message>
   <source>Nothing was changed since it came into the project.</source>
   <translation>加入项目后没有任何更改。</translation>
  </message>
 </context>
 <context>
  <name>ImportPanel</name>
  <message>
   <source> Parts: {parts}.</source>
   <translation> 部分：{parts}。</translation>
  </message>
  <message>
   <source> {images} will be copied.</source>
   <translation> 将复制{images}。</translation>
  </message>
  <message>
   <source>A folder or a file of labelled images; drop it here</source>
   <translation>已标注图像的文件夹或文件；可拖放到此处</translation>
  </message>
  <message>
   <source>A new project:</source>
   <translation>新项目：</translation>
  </message>
  <message>
   <source>Added</source>
   <translation>已添加</translation>
  </message>
  <message>
   <source>All parts</source>
   <translation>所有部分</translation>
  </message>
  <message>
   <source>Already there</source>
   <translation>已存在</translation>
  </message>
  <message>
   <source>As recognised</source>
   <translation>按识别出的格式</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <source>Cancelled. Nothing was written.</source>
   <translation>已取消。未写入任何内容。</translation>
  </message>
  <message>
   <source>Choose a data set, or drop one here. What importing will do is shown before anything is done.</source>
   <translation>请选择数据集，或将其拖放到此处。执行前会先显示导入将做什么。</translation>
  </message>
  <message>
   <source>Choose a file</source>
   <translation>选择文件</translation>
  </message>
  <message>
   <source>Choose a folder</source>
   <translation>选择文件夹</translation>
  </message>
  <message>
   <source>Choose the new project's folder</source>
   <translation>选择新项目的文件夹</translation>
  </message>
  <message>
   <source>Close</source>
   <translation>关闭</translation>
  </message>
  <message>
   <source>Conflicting: the project's label stays</source>
   <translation>冲突：保留项目中的标注</translation>
  </message>
  <message>
   <source>Copy the images into the project</source>
   <translation>将图像复制到项目中</translation>
  </message>
  <message>
   <source>Copying images: {done:,} of {total:,}</source>
   <translation>正在复制图像：{done:,}/{total:,}</translation>
  </message>
  <message>
   <source>Data set</source>
   <translation>数据集</translation>
  </message>
  <message>
   <source>Format</source>
   <translation>格式</translation>
  </message>
  <message>
   <source>Import</source>
   <translation>导入</translation>
  </message>
  <message>
   <source>Import a file</source>
   <translation>导入文件</translation>
  </message>
  <message>
   <source>Import a folder</source>
   <translation>导入文件夹</translation>
  </message>
  <message>
   <source>Import into a new project</source>
   <translation>导入到新项目</translation>
  </message>
  <message>
   <source>Imported.</source>
   <translation>已导入。</translation>
  </message>
  <message>
   <source>Importing…</source>
   <translation>正在导入…</translation>
  </message>
  <message>
   <source>Into</source>
   <translation>导入到</translation>
  </message>
  <message>
   <source>Looking at the data set: {words} so far…</source>
   <translation>正在查看数据集：目前{words}…</translation>
  </message>
  <message>
   <source>Looking at the data set…</source>
   <translation>正在查看数据集…</translation>
  </message>
  <message>
   <source>Looking was given up.</source>
   <translation>已放弃查看。</translation>
  </message>
  <message>
   <source>New</source>
   <translation>新增</translation>
  </message>
  <message>
   <source>Nothing was changed yet.</source>
   <translation>尚未更改任何内容。</translation>
  </message>
  <message>
   <source>Otherwise they stay where they are, and the project points to them.</source>
   <translation>否则图像留在原处，由项目引用。</translation>
  </message>
  <message>
   <source>Recognised because {reason}.</source>
   <translation>识别依据：{reason}。</translation>
  </message>
  <message>
   <source>Refused</source>
   <translation>已拒绝</translation>
  </message>
  <message>
   <source>Taken for that because it was chosen.</source>
   <translation>按所选格式处理。</translation>
  </message>
  <message>
   <source>Text</source>
   <translation>文本</translation>
  </message>
  <message>
   <source>This project</source>
   <translation>本项目</translation>
  </message>
  <message>
   <source>This project, “{name}”</source>
   <translation>本项目“{name}”</translation>
  </message>
  <message>
   <source>What</source>
   <translation>内容</translation>
  </message>
  <message>
   <source>Where</source>
   <translation>位置</translation>
  </message>
  <message>
   <source>Writing into the project…</source>
   <translation>正在写入项目…</translation>
  </message>
  <message>
   <source>the project has the box without a label</source>
   <translation>项目中有此框但没有标注</translation>
  </message>
  <message>
   <source>the project says “{label}”</source>
   <translation>项目中为“{label}”</translation>
  </message>
  <message>
   <source>without a text: a box to be read</source>
   <translation>没有文本：待识别的框</translation>
  </message>
  <message>
   <source>{rows}: {new} new, {known} already there, {conflicts} conflicting, {refused} refused; {pages}. {end}</source>
   <translation>{rows}：新增 {new}，已存在 {known}，冲突 {conflicts}，拒绝 {refused}；{pages}。{end}</translation>
  </message>
 </context>
 <context>
  <name>Importing</name>
  <message>
   <source>Another project was opened meanwhile; nothing was imported.</source>
   <translation>期间打开了另一个项目；未导入任何内容。</translation>
  </message>
  <message>
   <source>Importing</source>
   <translation>正在导入</translation>
  </message>
  <message>
   <source>No project is open; import into a new one.</source>
   <translation>没有打开的项目；请导入到新项目。</translation>
  </message>
 </context>
 <context>
  <name>Inspector</name>
  <message>
   <source>New word</source>
   <translation>新词</translation>
  </message>
  <message>
   <source>No word selected</source>
   <translation>未选择词</translation>
  </message>
  <message>
   <source>Press W and draw a box around a word,
or Tab to go to the first.</source>
   <translation>按 W 并在词周围画框,
或按 Tab 转到第一个词。</translation>
  </message>
  <message>
   <source>Text of the word</source>
   <translation>词的文本</translation>
  </message>
  <message>
   <source>What the network sees</source>
   <translation>网络所见</translation>
  </message>
  <message>
   <source>What the network sees · {size}</source>
   <translation>网络所见 · {size}</translation>
  </message>
  <message>
   <source>Word {number} of {count}</source>
   <translation>第 {number} 个词，共 {count} 个</translation>
  </message>
  <message>
   <source>{count} words selected</source>
   <translation>已选择 {count} 个词</translation>
  </message>
 </context>
 <context>
  <name>InterruptedCard</name>
  <message>
   <source>A run was interrupted</source>
   <translation>有一次训练被中断</translation>
  </message>
  <message>
   <source>Give it up</source>
   <translation>放弃</translation>
  </message>
  <message>
   <source>Go on with it</source>
   <translation>继续</translation>
  </message>
 </context>
 <context>
  <name>Jobs</name>
  <message>
   <source>1 page could not be read.</source>
   <translation>1 个页面无法读取。</translation>
  </message>
  <message>
   <source>{count} pages could not be read.</source>
   <translation>{count} 个页面无法读取。</translation>
  </message>
 </context>
 <context>
  <name>Keymap</name>
  <message>
   <source>It types a character in a word's text; add Ctrl or Alt.</source>
   <translation>此键会在词的文本中输入字符；请加上 Ctrl 或 Alt。</translation>
  </message>
  <message>
   <source>No keyboard has such a key.</source>
   <translation>键盘上没有这样的键。</translation>
  </message>
 </context>
 <context>
  <name>Leaving</name>
  <message>
   <source>Training is under way. It is kept as it is now, and can go on when the project is opened again.</source>
   <translation>训练正在进行。当前状态会保存，再次打开项目时可以继续。</translation>
  </message>
  <message>
   <source>Writing the state of the training; the window closes after that.</source>
   <translation>正在写入训练状态；完成后窗口会关闭。</translation>
  </message>
 </context>
 <context>
  <name>Look</name>
  <message>
   <source>Doubtful</source>
   <translation>存疑</translation>
  </message>
  <message>
   <source>Ignored</source>
   <translation>已忽略</translation>
  </message>
  <message>
   <source>Nothing that is allowed fits; this is what the image says.</source>
   <translation>允许的内容都不符合；这是图像上的文字。</translation>
  </message>
  <message>
   <source>Suggested</source>
   <translation>建议</translation>
  </message>
  <message>
   <source>The image says “{said}” ({share}); allowed is “{text}” ({own_share}).</source>
   <translation>图像上是“{said}”（{share}）；允许的是“{text}”（{own_share}）。</translation>
  </message>
  <message>
   <source>Unlabelled</source>
   <translation>未标注</translation>
  </message>
  <message>
   <source>Verified</source>
   <translation>已确认</translation>
  </message>
 </context>
 <context>
  <name>Machine</name>
  <message>
   <source>The examination ended without a result.</source>
   <translation>检查结束，没有结果。</translation>
  </message>
 </context>
 <context>
  <name>MachinePanel</name>
  <message>
   <source>Copy facts</source>
   <translation>复制信息</translation>
  </message>
  <message>
   <source>Examine again</source>
   <translation>重新检查</translation>
  </message>
  <message>
   <source>No recogniser is loaded</source>
   <translation>未加载识别器</translation>
  </message>
  <message>
   <source>Reading some hundred crops and training two steps; this takes a few seconds.</source>
   <translation>正在识别几百张裁剪图并训练两步；需要几秒钟。</translation>
  </message>
  <message>
   <source>Reads on: {device}</source>
   <translation>识别设备：{device}</translation>
  </message>
  <message>
   <source>The machine could not be examined. {reason}</source>
   <translation>无法检查本机。{reason}</translation>
  </message>
  <message>
   <source>This machine</source>
   <translation>本机</translation>
  </message>
 </context>
 <context>
  <name>MainWindow</name>
  <message>
   <source>&amp;Redo {edit}</source>
   <translation>重做 {edit}(&amp;R)</translation>
  </message>
  <message>
   <source>&amp;Undo {edit}</source>
   <translation>撤销 {edit}(&amp;U)</translation>
  </message>
  <message>
   <source>1 edit is not saved yet. {problem}</source>
   <translation>有 1 项编辑尚未保存。{problem}</translation>
  </message>
  <message>
   <source>Keys</source>
   <translation>按键</translation>
  </message>
  <message>
   <source>{count} edits are not saved yet. {problem}</source>
   <translation>有 {count} 项编辑尚未保存。{problem}</translation>
  </message>
 </context>
 <context>
  <name>Menus</name>
  <message>
   <source>Box</source>
   <translation>框(&amp;B)</translation>
  </message>
  <message>
   <source>Edit</source>
   <translation>编辑(&amp;E)</translation>
  </message>
  <message>
   <source>File</source>
   <translation>文件(&amp;F)</translation>
  </message>
  <message>
   <source>Help</source>
   <translation>帮助(&amp;H)</translation>
  </message>
  <message>
   <source>Mouse</source>
   <translation>鼠标</translation>
  </message>
  <message>
   <source>Page</source>
   <translation>页面(&amp;P)</translation>
  </message>
  <message>
   <source>View</source>
   <translation>视图(&amp;V)</translation>
  </message>
  <message>
   <source>Word</source>
   <translation>词(&amp;W)</translation>
  </message>
 </context>
 <context>
  <name>Mouse</name>
  <message>
   <source>Add to the selection</source>
   <translation>添加到选择</translation>
  </message>
  <message>
   <source>Alt+drag a corner</source>
   <translation>Alt+拖动角点</translation>
  </message>
  <message>
   <source>Ctrl+click, Shift+drag</source>
   <translation>Ctrl+单击，Shift+拖动</translation>
  </message>
  <message>
   <source>Ctrl+wheel, pinch</source>
   <translation>Ctrl+滚轮，双指缩放</translation>
  </message>
  <message>
   <source>Move one corner</source>
   <translation>移动一个角</translation>
  </message>
  <message>
   <source>Move the page</source>
   <translation>移动页面</translation>
  </message>
  <message>
   <source>Shift+drag the handle</source>
   <translation>Shift+拖动手柄</translation>
  </message>
  <message>
   <source>Space+drag, middle button</source>
   <translation>空格+拖动，中键</translation>
  </message>
  <message>
   <source>Turn by steps of 15°</source>
   <translation>以 15° 为步长旋转</translation>
  </message>
  <message>
   <source>Word under a word</source>
   <translation>被遮住的词</translation>
  </message>
  <message>
   <source>Zoom at the pointer</source>
   <translation>在指针处缩放</translation>
  </message>
  <message>
   <source>click again</source>
   <translation>再次单击</translation>
  </message>
 </context>
 <context>
  <name>NoticeActions</name>
  <message>
   <source>Close without them</source>
   <translation>放弃并关闭</translation>
  </message>
  <message>
   <source>Close, go on next time</source>
   <translation>关闭，下次继续</translation>
  </message>
  <message>
   <source>Copy the command</source>
   <translation>复制命令</translation>
  </message>
  <message>
   <source>Go on</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Go on with it</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Look</source>
   <translation>查看</translation>
  </message>
  <message>
   <source>Read them again</source>
   <translation>重新识别这些词</translation>
  </message>
  <message>
   <source>Read these again</source>
   <translation>重新识别这些</translation>
  </message>
  <message>
   <source>Replace all</source>
   <translation>全部替换</translation>
  </message>
  <message>
   <source>Show</source>
   <translation>显示</translation>
  </message>
  <message>
   <source>Show pages</source>
   <translation>显示页面</translation>
  </message>
  <message>
   <source>Show where they differ</source>
   <translation>显示有分歧的词</translation>
  </message>
  <message>
   <source>Train</source>
   <translation>训练</translation>
  </message>
  <message>
   <source>Use the new weights</source>
   <translation>使用新权重</translation>
  </message>
 </context>
 <context>
  <name>Nouns</name>
  <message>
   <source>bad batch</source>
   <translation>个异常批次</translation>
  </message>
  <message>
   <source>bad batches</source>
   <translation>个异常批次</translation>
  </message>
  <message>
   <source>box</source>
   <translation>个框</translation>
  </message>
  <message>
   <source>boxes</source>
   <translation>个框</translation>
  </message>
  <message>
   <source>character</source>
   <translation>个字符</translation>
  </message>
  <message>
   <source>characters</source>
   <translation>个字符</translation>
  </message>
  <message>
   <source>crop</source>
   <translation>张裁剪图</translation>
  </message>
  <message>
   <source>crops</source>
   <translation>张裁剪图</translation>
  </message>
  <message>
   <source>image</source>
   <translation>张图像</translation>
  </message>
  <message>
   <source>images</source>
   <translation>张图像</translation>
  </message>
  <message>
   <source>label</source>
   <translation>个标注</translation>
  </message>
  <message>
   <source>labels</source>
   <translation>个标注</translation>
  </message>
  <message>
   <source>new page</source>
   <translation>个新页面</translation>
  </message>
  <message>
   <source>new pages</source>
   <translation>个新页面</translation>
  </message>
  <message>
   <source>page</source>
   <translation>个页面</translation>
  </message>
  <message>
   <source>pages</source>
   <translation>个页面</translation>
  </message>
  <message>
   <source>row</source>
   <translation>行</translation>
  </message>
  <message>
   <source>rows</source>
   <translation>行</translation>
  </message>
  <message>
   <source>suggestion</source>
   <translation>个建议</translation>
  </message>
  <message>
   <source>suggestions</source>
   <translation>个建议</translation>
  </message>
  <message>
   <source>warning</source>
   <translation>个警告</translation>
  </message>
  <message>
   <source>warnings</source>
   <translation>个警告</translation>
  </message>
  <message>
   <source>word</source>
   <translation>个词</translation>
  </message>
  <message>
   <source>words</source>
   <translation>个词</translation>
  </message>
  <message>
   <source>{count} {noun}</source>
   <translation>{count} {noun}</translation>
  </message>
 </context>
 <context>
  <name>Opening</name>
  <message>
   <source>Images and projects {suffixes}</source>
   <translation>图像和项目 {suffixes}</translation>
  </message>
  <message>
   <source>Open</source>
   <translation>打开</translation>
  </message>
  <message>
   <source>Open a folder of photographs</source>
   <translation>打开照片文件夹</translation>
  </message>
 </context>
 <context>
  <name>OpinionLine</name>
  <message>
   <source>Second reader: {text} ({share})</source>
   <translation>第二识别器：{text}（{share}）</translation>
  </message>
  <message>
   <source>Take what the second reader says</source>
   <translation>采用第二识别器的结果</translation>
  </message>
  <message>
   <source>The second reader agrees ({share}).</source>
   <translation>第二识别器结果一致（{share}）。</translation>
  </message>
 </context>
 <context>
  <name>PageList</name>
  <message>
   <source>All</source>
   <translation>全部</translation>
  </message>
  <message>
   <source>Done</source>
   <translation>已完成</translation>
  </message>
  <message>
   <source>Doubtful</source>
   <translation>存疑</translation>
  </message>
  <message>
   <source>Every page</source>
   <translation>每个页面</translation>
  </message>
  <message>
   <source>No images in this folder yet.</source>
   <translation>此文件夹中还没有图像。</translation>
  </message>
  <message>
   <source>No page matches.</source>
   <translation>没有匹配的页面。</translation>
  </message>
  <message>
   <source>Pages</source>
   <translation>页面</translation>
  </message>
  <message>
   <source>Pages that are marked complete, and pages whose words are all decided</source>
   <translation>标记为完成的页面，以及词均已处理的页面</translation>
  </message>
  <message>
   <source>Pages with readings that are not sure</source>
   <translation>识别结果不确定的页面</translation>
  </message>
  <message>
   <source>Pages with words that wait for a human, and pages without words</source>
   <translation>有词待处理的页面，以及没有词的页面</translation>
  </message>
  <message>
   <source>Search pages</source>
   <translation>搜索页面</translation>
  </message>
  <message>
   <source>To do</source>
   <translation>待办</translation>
  </message>
  <message>
   <source>complete, no words</source>
   <translation>已完成，没有词</translation>
  </message>
  <message>
   <source>no words yet</source>
   <translation>还没有词</translation>
  </message>
  <message>
   <source>{verified} of {words} verified</source>
   <translation>已确认 {verified}/{words}</translation>
  </message>
 </context>
 <context>
  <name>PageProblems</name>
  <message>
   <source>Copy list</source>
   <translation>复制列表</translation>
  </message>
  <message>
   <source>Page</source>
   <translation>页面</translation>
  </message>
  <message>
   <source>Pages that could not be read</source>
   <translation>无法读取的页面</translation>
  </message>
  <message>
   <source>Reason</source>
   <translation>原因</translation>
  </message>
 </context>
 <context>
  <name>Panels</name>
  <message>
   <source>Looking at what was dropped</source>
   <translation>正在查看拖入的内容</translation>
  </message>
 </context>
 <context>
  <name>PlanCard</name>
  <message>
   <source> minutes</source>
   <translation> 分钟</translation>
  </message>
  <message>
   <source> px</source>
   <translation> 像素</translation>
  </message>
  <message>
   <source> words a step</source>
   <translation> 词/步</translation>
  </message>
  <message>
   <source>Batch</source>
   <translation>批次</translation>
  </message>
  <message>
   <source>Learn them</source>
   <translation>学习新字符</translation>
  </message>
  <message>
   <source>Learning rate</source>
   <translation>学习率</translation>
  </message>
  <message>
   <source>Leave their words out</source>
   <translation>排除含有它们的词</translation>
  </message>
  <message>
   <source>Looking at the words…</source>
   <translation>正在查看词…</translation>
  </message>
  <message>
   <source>New characters</source>
   <translation>新字符</translation>
  </message>
  <message>
   <source>New characters: {characters}</source>
   <translation>新字符：{characters}</translation>
  </message>
  <message>
   <source>Precision</source>
   <translation>精度</translation>
  </message>
  <message>
   <source>Start from</source>
   <translation>起始权重</translation>
  </message>
  <message>
   <source>Starter weights</source>
   <translation>初始权重</translation>
  </message>
  <message>
   <source>Strip width</source>
   <translation>条带宽度</translation>
  </message>
  <message>
   <source>Time</source>
   <translation>时间</translation>
  </message>
  <message>
   <source>Train</source>
   <translation>训练</translation>
  </message>
  <message>
   <source>Train on your words</source>
   <translation>用您的词训练</translation>
  </message>
  <message>
   <source>Weights in use</source>
   <translation>使用中的权重</translation>
  </message>
  <message>
   <source>automatic</source>
   <translation>自动</translation>
  </message>
  <message>
   <source>each its own</source>
   <translation>各自的宽度</translation>
  </message>
  <message>
   <source>full</source>
   <translation>全精度</translation>
  </message>
  <message>
   <source>half</source>
   <translation>半精度</translation>
  </message>
  <message>
   <source>{words} held out to measure, on {pages}</source>
   <translation>{words}留作评估，来自{pages}</translation>
  </message>
  <message>
   <source>{words} left out</source>
   <translation>{words}被排除</translation>
  </message>
  <message>
   <source>{words} to learn from, on {pages}</source>
   <translation>{words}用于学习，来自{pages}</translation>
  </message>
  <message>
   <source>{words} verified since the last training.</source>
   <translation>上次训练后已确认{words}。</translation>
  </message>
 </context>
 <context>
  <name>Project</name>
  <message>
   <source>{file} cannot be written to, so nothing can be changed here.</source>
   <translation>{file} 无法写入，因此这里不能更改任何内容。</translation>
  </message>
  <message>
   <source>{file} is open for writing by {owner}, so nothing can be changed here.</source>
   <translation>{file} 正由 {owner} 打开写入，因此这里不能更改任何内容。</translation>
  </message>
 </context>
 <context>
  <name>ProjectDocument</name>
  <message>
   <source>More was changed since then; take it back step by step with Undo.</source>
   <translation>此后又有更改；请用撤销逐步收回。</translation>
  </message>
  <message>
   <source>These {count} images look like crops of one word each, so each is one word now.</source>
   <translation>这 {count} 张图像看起来各是一个词的裁剪图，因此每张已设为一个词。</translation>
  </message>
  <message>
   <source>Undo</source>
   <translation>撤销</translation>
  </message>
 </context>
 <context>
  <name>ProjectOpener</name>
  <message>
   <source>Listing images</source>
   <translation>正在列出图像</translation>
  </message>
  <message>
   <source>Opening</source>
   <translation>正在打开</translation>
  </message>
  <message>
   <source>Restore {date}: {words} words, {verified} verified</source>
   <translation>还原 {date}：{words} 个词，已确认 {verified} 个</translation>
  </message>
  <message>
   <source>Restoring</source>
   <translation>正在还原</translation>
  </message>
  <message>
   <source>Start a new file</source>
   <translation>新建文件</translation>
  </message>
  <message>
   <source>another program</source>
   <translation>另一个程序</translation>
  </message>
 </context>
 <context>
  <name>ProjectReading</name>
  <message>
   <source>All {pages} pages are read: {words} words in {minutes} minutes.</source>
   <translation>全部 {pages} 个页面已识别：{words} 个词，用时 {minutes} 分钟。</translation>
  </message>
  <message>
   <source>Looking for words to read</source>
   <translation>正在查找要识别的词</translation>
  </message>
  <message>
   <source>Looking for words to read: page {page} of {pages}</source>
   <translation>正在查找要识别的词：第 {page}/{pages} 页</translation>
  </message>
  <message>
   <source>No word was left to read.</source>
   <translation>没有需要识别的词。</translation>
  </message>
  <message>
   <source>Other pages still hold what was read by the rules before: {words}.</source>
   <translation>其他页面上仍是按先前规则识别的结果：{words}。</translation>
  </message>
  <message>
   <source>Reading goes on at page {page} of {pages}; what lies before it has been read.</source>
   <translation>从第 {page}/{pages} 页继续识别；之前的已识别。</translation>
  </message>
  <message>
   <source>Reading is paused at page {page} of {pages}</source>
   <translation>识别暂停在第 {page}/{pages} 页</translation>
  </message>
  <message>
   <source>Reading page {page} of {pages} · {rate} words/s · {left} left</source>
   <translation>正在识别第 {page}/{pages} 页 · {rate} 词/秒 · 剩余 {left}</translation>
  </message>
  <message>
   <source>Reading stopped at page {page} of {pages}. {reason}</source>
   <translation>识别停在第 {page}/{pages} 页。{reason}</translation>
  </message>
  <message>
   <source>{words} words have readings of older weights.</source>
   <translation>{words} 个词的识别结果来自旧权重。</translation>
  </message>
 </context>
 <context>
  <name>Projects</name>
  <message>
   <source>The folder {folder} cannot be written to, so its annotations are kept in {file}.</source>
   <translation>文件夹 {folder} 无法写入，其标注保存在 {file} 中。</translation>
  </message>
  <message>
   <source>{sentence} A copy is kept as {file}.</source>
   <translation>{sentence} 副本保存为 {file}。</translation>
  </message>
 </context>
 <context>
  <name>ReadingsLine</name>
  <message>
   <source>Alt and the digit takes the reading</source>
   <translation>按 Alt 加数字采用该识别结果</translation>
  </message>
  <message>
   <source>Other readings</source>
   <translation>其他识别结果</translation>
  </message>
 </context>
 <context>
  <name>RecentRow</name>
  <message>
   <source>not there any more</source>
   <translation>已不存在</translation>
  </message>
  <message>
   <source>{pages}, {share} verified</source>
   <translation>{pages}，已确认 {share}</translation>
  </message>
 </context>
 <context>
  <name>Remedies</name>
  <message>
   <source>Go to the first word</source>
   <translation>转到第一个词</translation>
  </message>
  <message>
   <source>Go to the word</source>
   <translation>转到该词</translation>
  </message>
  <message>
   <source>Halve the batch</source>
   <translation>批次减半</translation>
  </message>
  <message>
   <source>Ignore the word</source>
   <translation>忽略该词</translation>
  </message>
  <message>
   <source>Ignore the {words}</source>
   <translation>忽略这{words}</translation>
  </message>
  <message>
   <source>Learn new characters</source>
   <translation>学习新字符</translation>
  </message>
  <message>
   <source>Lower the rate</source>
   <translation>降低学习率</translation>
  </message>
  <message>
   <source>Start from the starter weights</source>
   <translation>从初始权重开始</translation>
  </message>
  <message>
   <source>Train at width {width}</source>
   <translation>以宽度 {width} 训练</translation>
  </message>
  <message>
   <source>Train in full precision</source>
   <translation>以全精度训练</translation>
  </message>
  <message>
   <source>Widen the box</source>
   <translation>加宽该框</translation>
  </message>
  <message>
   <source>Widen the {boxes}</source>
   <translation>加宽这{boxes}</translation>
  </message>
 </context>
 <context>
  <name>ReplaceModel</name>
  <message>
   <source>A human stands behind this text; tick it to replace it all the same.</source>
   <translation>此文本由人确认；仍要替换请勾选。</translation>
  </message>
  <message>
   <source>Now</source>
   <translation>当前</translation>
  </message>
  <message>
   <source>Page</source>
   <translation>页面</translation>
  </message>
  <message>
   <source>Then</source>
   <translation>替换后</translation>
  </message>
  <message>
   <source>Word</source>
   <translation>词</translation>
  </message>
 </context>
 <context>
  <name>ReplacePanel</name>
  <message>
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <source>Find in all texts</source>
   <translation>在所有文本中查找</translation>
  </message>
  <message>
   <source>Nothing would change.</source>
   <translation>不会有任何更改。</translation>
  </message>
  <message>
   <source>Readings: {count}</source>
   <translation>识别结果：{count}</translation>
  </message>
  <message>
   <source>Regular expression; \1 stands for its first group</source>
   <translation>正则表达式;\1 表示第一个分组</translation>
  </message>
  <message>
   <source>Replace</source>
   <translation>替换</translation>
  </message>
  <message>
   <source>Replace with</source>
   <translation>替换为</translation>
  </message>
  <message>
   <source>Replace {count}</source>
   <translation>替换 {count} 个</translation>
  </message>
  <message>
   <source>Tell capital and small letters apart</source>
   <translation>区分大小写</translation>
  </message>
  <message>
   <source>Verified texts: {count}</source>
   <translation>已确认的文本：{count}</translation>
  </message>
  <message>
   <source>{count} more are found when these are done.</source>
   <translation>完成这些后还会找到 {count} 个。</translation>
  </message>
  <message>
   <source>{count} would be left without a text and stay as they are.</source>
   <translation>{count} 个替换后将没有文本，因此保持不变。</translation>
  </message>
 </context>
 <context>
  <name>ReplaceTable</name>
  <message>
   <source>Texts to replace</source>
   <translation>要替换的文本</translation>
  </message>
 </context>
 <context>
  <name>ReplacedFile</name>
  <message>
   <source>Open what is there now</source>
   <translation>打开现有版本</translation>
  </message>
  <message>
   <source>Save my version</source>
   <translation>保存我的版本</translation>
  </message>
  <message>
   <source>Save my version as a copy</source>
   <translation>将我的版本另存为副本</translation>
  </message>
 </context>
 <context>
  <name>Replacing</name>
  <message>
   <source>Replace text</source>
   <translation>替换文本</translation>
  </message>
  <message>
   <source>Replace texts</source>
   <translation>替换文本</translation>
  </message>
  <message>
   <source>The text of {count} words was replaced. Undo takes all of it back in one step.</source>
   <translation>已替换 {count} 个词的文本。撤销可一步全部收回。</translation>
  </message>
 </context>
 <context>
  <name>ResultCard</name>
  <message>
   <source>General words</source>
   <translation>通用词</translation>
  </message>
  <message>
   <source>Held-out words of this project</source>
   <translation>本项目的留出词</translation>
  </message>
  <message>
   <source>Keep the old ones</source>
   <translation>保留旧权重</translation>
  </message>
  <message>
   <source>The new weights are better</source>
   <translation>新权重更好</translation>
  </message>
  <message>
   <source>The new weights were refused</source>
   <translation>新权重未被采纳</translation>
  </message>
  <message>
   <source>Training was stopped</source>
   <translation>训练已停止</translation>
  </message>
  <message>
   <source>Use the new weights</source>
   <translation>使用新权重</translation>
  </message>
  <message>
   <source>Words read right</source>
   <translation>识别正确的词</translation>
  </message>
  <message>
   <source>after</source>
   <translation>之后</translation>
  </message>
  <message>
   <source>before</source>
   <translation>之前</translation>
  </message>
  <message>
   <source>nothing</source>
   <translation>无</translation>
  </message>
  <message>
   <source>{fixed} fixed, {broken} broken</source>
   <translation>改正 {fixed} 个，改错 {broken} 个</translation>
  </message>
  <message>
   <source>{key} says “{truth}”</source>
   <translation>{key} 应为“{truth}”</translation>
  </message>
 </context>
 <context>
  <name>ReviewWorkspace</name>
  <message>
   <source>Enter  verify, next    ·    type or F2  correct    ·    I  ignore    ·    O  open on page</source>
   <translation>Enter 确认并转到下一个    ·    输入或 F2 更正    ·    I 忽略    ·    O 在页面中打开</translation>
  </message>
  <message>
   <source>Nothing here waits for you any more.</source>
   <translation>这里没有待处理的内容了。</translation>
  </message>
  <message>
   <source>Space  take in or leave out    ·    Ctrl+A  all rows    ·    Esc  back to the wall</source>
   <translation>空格 勾选或取消    ·    Ctrl+A 所有行    ·    Esc 返回审校墙</translation>
  </message>
  <message>
   <source>{row} of {rows}    ·    {page}</source>
   <translation>第 {row}/{rows} 个    ·    {page}</translation>
  </message>
 </context>
 <context>
  <name>Reviewing</name>
  <message>
   <source>Accept reading</source>
   <translation>接受识别结果</translation>
  </message>
  <message>
   <source>Accept readings</source>
   <translation>接受识别结果</translation>
  </message>
  <message>
   <source>Clear label</source>
   <translation>清除标注</translation>
  </message>
  <message>
   <source>Ignore</source>
   <translation>忽略</translation>
  </message>
  <message>
   <source>Stop ignoring</source>
   <translation>取消忽略</translation>
  </message>
  <message>
   <source>Type label</source>
   <translation>输入标注</translation>
  </message>
 </context>
 <context>
  <name>RulesView</name>
  <message>
   <source>Choose a lexicon</source>
   <translation>选择词典</translation>
  </message>
  <message>
   <source>Every text matches the regular expression</source>
   <translation>每个文本都匹配此正则表达式</translation>
  </message>
  <message>
   <source>Lexicon and pattern</source>
   <translation>词典与模式</translation>
  </message>
  <message>
   <source>None</source>
   <translation>无</translation>
  </message>
  <message>
   <source>Only the words of a text file, one a line</source>
   <translation>仅限文本文件中的词，每行一个</translation>
  </message>
  <message>
   <source>Pattern</source>
   <translation>模式</translation>
  </message>
  <message>
   <source>Reads any text: no lexicon, no pattern</source>
   <translation>识别任意文本：无词典，无模式</translation>
  </message>
  <message>
   <source>Reads what matches {pattern}</source>
   <translation>识别匹配 {pattern} 的内容</translation>
  </message>
  <message>
   <source>Reads {size} of {name}</source>
   <translation>识别 {name} 中的{size}</translation>
  </message>
  <message>
   <source>Reads {size} of {name} that match {pattern}</source>
   <translation>识别 {name} 中匹配 {pattern} 的{size}</translation>
  </message>
  <message>
   <source>Remove the lexicon</source>
   <translation>移除词典</translation>
  </message>
  <message>
   <source>Text files (*.txt *.lst *.dic);;All files (*)</source>
   <translation>文本文件 (*.txt *.lst *.dic);;所有文件 (*)</translation>
  </message>
  <message>
   <source>What the words of this project can say</source>
   <translation>本项目的词可能的内容</translation>
  </message>
  <message>
   <source>{name}, {size}</source>
   <translation>{name}，{size}</translation>
  </message>
 </context>
 <context>
  <name>RunHistory</name>
  <message>
   <source>It was interrupted and given up.</source>
   <translation>训练被中断并已放弃。</translation>
  </message>
  <message>
   <source>It was stopped before anything was learnt.</source>
   <translation>在学到内容之前已停止。</translation>
  </message>
 </context>
 <context>
  <name>Runs</name>
  <message>
   <source>The training of {when} was interrupted at step {step} of {steps}.</source>
   <translation>{when} 的训练在第 {step}/{steps} 步被中断。</translation>
  </message>
  <message>
   <source>under way</source>
   <translation>进行中</translation>
  </message>
 </context>
 <context>
  <name>RunsList</name>
  <message>
   <source>Held-out right</source>
   <translation>留出正确率</translation>
  </message>
  <message>
   <source>Run</source>
   <translation>训练</translation>
  </message>
  <message>
   <source>Steps</source>
   <translation>步数</translation>
  </message>
  <message>
   <source>What became of it</source>
   <translation>结果</translation>
  </message>
  <message>
   <source>Words</source>
   <translation>词</translation>
  </message>
 </context>
 <context>
  <name>Scopes</name>
  <message>
   <source>everywhere</source>
   <translation>任何位置</translation>
  </message>
  <message>
   <source>in a word's text</source>
   <translation>在词的文本中</translation>
  </message>
  <message>
   <source>on the page</source>
   <translation>在页面上</translation>
  </message>
  <message>
   <source>on the page and in a word's text</source>
   <translation>在页面上和词的文本中</translation>
  </message>
 </context>
 <context>
  <name>SecondReading</name>
  <message>
   <source>A second opinion needs a reader that is not installed. Install it, then ask again: {command}</source>
   <translation>第二识别器尚未安装。请先安装，再重试：{command}</translation>
  </message>
  <message>
   <source>Every suggestion has its second opinion.</source>
   <translation>所有建议都已有第二意见。</translation>
  </message>
  <message>
   <source>Second reader on page {page} of {pages}</source>
   <translation>第二识别器：第 {page} 页，共 {pages} 页</translation>
  </message>
  <message>
   <source>Second reader on page {page} of {pages} · {left} left</source>
   <translation>第二识别器：第 {page} 页，共 {pages} 页 · 剩余 {left}</translation>
  </message>
  <message>
   <source>The second reader has read {words} and reads {differing} differently.</source>
   <translation>第二识别器已识别 {words}，其中 {differing} 个结果不同。</translation>
  </message>
  <message>
   <source>The second reader is paused at page {page} of {pages}</source>
   <translation>第二识别器已暂停：第 {page} 页，共 {pages} 页</translation>
  </message>
  <message>
   <source>The second reader stopped. {reason}</source>
   <translation>第二识别器已停止。{reason}</translation>
  </message>
 </context>
 <context>
  <name>Settings</name>
  <message>
   <source>%</source>
   <translation>%</translation>
  </message>
  <message>
   <source>A reading is doubtful below this confidence</source>
   <translation>置信度低于此值的识别结果视为存疑</translation>
  </message>
  <message>
   <source>A training run may take</source>
   <translation>一次训练的时长</translation>
  </message>
  <message>
   <source>As on the page before</source>
   <translation>与上一页相同</translation>
  </message>
  <message>
   <source>As the page was left</source>
   <translation>与离开该页时相同</translation>
  </message>
  <message>
   <source>As the system</source>
   <translation>跟随系统</translation>
  </message>
  <message>
   <source>Better weights are put to use</source>
   <translation>更好的权重何时启用</translation>
  </message>
  <message>
   <source>By themselves</source>
   <translation>自动启用</translation>
  </message>
  <message>
   <source>CPU</source>
   <translation>CPU</translation>
  </message>
  <message>
   <source>CUDA</source>
   <translation>CUDA</translation>
  </message>
  <message>
   <source>Colours of the states</source>
   <translation>状态颜色</translation>
  </message>
  <message>
   <source>Counts from the next start.</source>
   <translation>下次启动时生效。</translation>
  </message>
  <message>
   <source>Dark</source>
   <translation>深色</translation>
  </message>
  <message>
   <source>Device that reads</source>
   <translation>识别设备</translation>
  </message>
  <message>
   <source>Device that trains</source>
   <translation>训练设备</translation>
  </message>
  <message>
   <source>Empty: beside the annotation file.</source>
   <translation>留空：放在标注文件旁。</translation>
  </message>
  <message>
   <source>English</source>
   <translation>English</translation>
  </message>
  <message>
   <source>Folder of trained weights</source>
   <translation>训练所得权重的文件夹</translation>
  </message>
  <message>
   <source>Keyboard</source>
   <translation>键盘</translation>
  </message>
  <message>
   <source>Language</source>
   <translation>语言</translation>
  </message>
  <message>
   <source>Light</source>
   <translation>浅色</translation>
  </message>
  <message>
   <source>Light or dark</source>
   <translation>浅色或深色</translation>
  </message>
  <message>
   <source>Look</source>
   <translation>外观</translation>
  </message>
  <message>
   <source>MPS</source>
   <translation>MPS</translation>
  </message>
  <message>
   <source>Read while a box is being drawn</source>
   <translation>画框时实时识别</translation>
  </message>
  <message>
   <source>Reading</source>
   <translation>识别</translation>
  </message>
  <message>
   <source>Safe for the colour-blind</source>
   <translation>色盲友好</translation>
  </message>
  <message>
   <source>Shapes tell the states apart in either case: dashed, hatched, with a tick.</source>
   <translation>无论哪种颜色，都可由形状区分状态：虚线、斜线、对勾。</translation>
  </message>
  <message>
   <source>Size of the interface's text</source>
   <translation>界面文字大小</translation>
  </message>
  <message>
   <source>Size of the words' text</source>
   <translation>词的文本大小</translation>
  </message>
  <message>
   <source>The fastest that is there</source>
   <translation>可用的最快设备</translation>
  </message>
  <message>
   <source>The whole page</source>
   <translation>整页</translation>
  </message>
  <message>
   <source>Traffic light</source>
   <translation>红绿灯</translation>
  </message>
  <message>
   <source>Training</source>
   <translation>训练</translation>
  </message>
  <message>
   <source>When I agree</source>
   <translation>经我同意后</translation>
  </message>
  <message>
   <source>Where a word is typed, whatever the size of the interface.</source>
   <translation>用于输入词的地方，与界面文字大小无关。</translation>
  </message>
  <message>
   <source>Zoom and place of a page that is opened</source>
   <translation>打开页面时的缩放和位置</translation>
  </message>
  <message>
   <source>min</source>
   <translation>分钟</translation>
  </message>
  <message>
   <source>简体中文</source>
   <translation>简体中文</translation>
  </message>
 </context>
 <context>
  <name>SettingsPage</name>
  <message>
   <source>Back</source>
   <translation>返回</translation>
  </message>
  <message>
   <source>Back  (Esc)</source>
   <translation>返回  (Esc)</translation>
  </message>
  <message>
   <source>Choose the folder</source>
   <translation>选择文件夹</translation>
  </message>
  <message>
   <source>Settings</source>
   <translation>设置</translation>
  </message>
 </context>
 <context>
  <name>ShortcutEditor</name>
  <message>
   <source>Action</source>
   <translation>操作</translation>
  </message>
  <message>
   <source>Click into the field and press the new key.</source>
   <translation>点击输入框并按下新按键。</translation>
  </message>
  <message>
   <source>Export the keys</source>
   <translation>导出按键</translation>
  </message>
  <message>
   <source>Export…</source>
   <translation>导出…</translation>
  </message>
  <message>
   <source>Import keys</source>
   <translation>导入按键</translation>
  </message>
  <message>
   <source>Import…</source>
   <translation>导入…</translation>
  </message>
  <message>
   <source>It is free.</source>
   <translation>此键未被占用。</translation>
  </message>
  <message>
   <source>It means “{action}” now and is taken from there.</source>
   <translation>此键目前为“{action}”，将从该处取走。</translation>
  </message>
  <message>
   <source>Keys</source>
   <translation>按键</translation>
  </message>
  <message>
   <source>Keys of another program</source>
   <translation>其他程序的按键</translation>
  </message>
  <message>
   <source>Keys of…</source>
   <translation>采用按键方案…</translation>
  </message>
  <message>
   <source>New keys</source>
   <translation>新按键</translation>
  </message>
  <message>
   <source>No keys</source>
   <translation>清除按键</translation>
  </message>
  <message>
   <source>Search actions and keys</source>
   <translation>搜索操作和按键</translation>
  </message>
  <message>
   <source>The keys are in {file} now.</source>
   <translation>按键已保存到 {file}。</translation>
  </message>
  <message>
   <source>The keys are those of {file} now.</source>
   <translation>现在使用 {file} 中的按键。</translation>
  </message>
  <message>
   <source>The keys are those of {program} now.</source>
   <translation>现在使用 {program} 的按键。</translation>
  </message>
  <message>
   <source>Use as well</source>
   <translation>同时使用</translation>
  </message>
  <message>
   <source>Use instead</source>
   <translation>替换为此键</translation>
  </message>
  <message>
   <source>Usual keys</source>
   <translation>默认按键</translation>
  </message>
  <message>
   <source>Works</source>
   <translation>生效范围</translation>
  </message>
  <message>
   <source>no keys</source>
   <translation>无按键</translation>
  </message>
 </context>
 <context>
  <name>ShortcutsOverlay</name>
  <message>
   <source>Keyboard and mouse</source>
   <translation>键盘与鼠标</translation>
  </message>
  <message>
   <source>Single letters and arrows act while the page has the focus; Esc gives it back.</source>
   <translation>单个字母和方向键在页面获得焦点时生效；按 Esc 将焦点交还页面。</translation>
  </message>
 </context>
 <context>
  <name>SpellingHint</name>
  <message>
   <source> And {count} more.</source>
   <translation> 还有 {count} 个。</translation>
  </message>
  <message>
   <source>Odd characters</source>
   <translation>特殊字符</translation>
  </message>
  <message>
   <source>{code_point} cannot be seen.</source>
   <translation>{code_point} 不可见。</translation>
  </message>
  <message>
   <source>“{char}” is {code_point}, of another script than the rest.</source>
   <translation>“{char}”是 {code_point}，与其余字符属于不同文字。</translation>
  </message>
  <message>
   <source>“{char}” is {code_point}; it looks like “{looks_like}”.</source>
   <translation>“{char}”是 {code_point}；看起来像“{looks_like}”。</translation>
  </message>
 </context>
 <context>
  <name>StatusBar</name>
  <message>
   <source>Every edit is in the annotation file.</source>
   <translation>所有编辑均已写入标注文件。</translation>
  </message>
  <message>
   <source>Loading the recogniser…</source>
   <translation>正在加载识别器…</translation>
  </message>
  <message>
   <source>No recogniser</source>
   <translation>没有识别器</translation>
  </message>
  <message>
   <source>Not saved: {count} edits wait</source>
   <translation>未保存：{count} 项编辑等待写入</translation>
  </message>
  <message>
   <source>Saved</source>
   <translation>已保存</translation>
  </message>
  <message>
   <source>Saving…</source>
   <translation>正在保存…</translation>
  </message>
  <message>
   <source>right on {right} of your last {words}</source>
   <translation>最近{words}中识别正确 {right} 个</translation>
  </message>
  <message>
   <source>{pages} · {verified} of {words} words verified</source>
   <translation>{pages} · 已确认 {verified}/{words} 个词</translation>
  </message>
 </context>
 <context>
  <name>StoreService</name>
  <message>
   <source>The open project has changes that could not be saved yet. {problem}</source>
   <translation>打开的项目有尚未保存的更改。{problem}</translation>
  </message>
 </context>
 <context>
  <name>StripView</name>
  <message>
   <source>What the network sees</source>
   <translation>网络所见</translation>
  </message>
 </context>
 <context>
  <name>TrainWorkspace</name>
  <message>
   <source>Comparing before and after…</source>
   <translation>正在比较前后…</translation>
  </message>
  <message>
   <source>Earlier runs</source>
   <translation>先前的训练</translation>
  </message>
  <message>
   <source>Findings</source>
   <translation>发现</translation>
  </message>
  <message>
   <source>Findings ({count})</source>
   <translation>发现({count})</translation>
  </message>
  <message>
   <source>Getting the crops and measuring the speed…</source>
   <translation>正在获取裁剪图并测量速度…</translation>
  </message>
  <message>
   <source>Log</source>
   <translation>日志</translation>
  </message>
  <message>
   <source>Looking at the words…</source>
   <translation>正在查看词…</translation>
  </message>
  <message>
   <source>No training is running.</source>
   <translation>没有正在进行的训练。</translation>
  </message>
  <message>
   <source>Pause</source>
   <translation>暂停</translation>
  </message>
  <message>
   <source>Paused. What was learnt so far is kept in memory.</source>
   <translation>已暂停。目前所学保存在内存中。</translation>
  </message>
  <message>
   <source>Ready to train.</source>
   <translation>可以开始训练。</translation>
  </message>
  <message>
   <source>Resume</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Runs ({count})</source>
   <translation>训练记录({count})</translation>
  </message>
  <message>
   <source>Step {step} of {steps}  ·  {left} left  ·  loss {loss:.2f}  ·  rate {rate:.1e}</source>
   <translation>第 {step}/{steps} 步  ·  剩余 {left}  ·  损失 {loss:.2f}  ·  学习率 {rate:.1e}</translation>
  </message>
  <message>
   <source>Stop</source>
   <translation>停止</translation>
  </message>
  <message>
   <source>Stopping after this step, then comparing before and after…</source>
   <translation>完成此步后停止，然后比较前后…</translation>
  </message>
  <message>
   <source>The choices for the next run are changed.</source>
   <translation>下次训练的选项已更改。</translation>
  </message>
  <message>
   <source>The old weights stay in use; the new ones are in the list below.</source>
   <translation>继续使用旧权重；新权重在下方列表中。</translation>
  </message>
  <message>
   <source>The words are read with the new weights now.</source>
   <translation>现在用新权重识别。</translation>
  </message>
  <message>
   <source>Training, {left} left</source>
   <translation>正在训练，剩余 {left}</translation>
  </message>
  <message>
   <source>What a run tells is written down here.</source>
   <translation>训练的输出记录在此处。</translation>
  </message>
  <message>
   <source>{memory} of memory</source>
   <translation>内存 {memory}</translation>
  </message>
  <message>
   <source>{memory} on the device</source>
   <translation>设备内存 {memory}</translation>
  </message>
  <message>
   <source>{rate:,.0f} words a second</source>
   <translation>每秒 {rate:,.0f} 个词</translation>
  </message>
 </context>
 <context>
  <name>Trainability</name>
  <message>
   <source>Cannot be trained on: under {width} pixels a character at a height of {height}.</source>
   <translation>无法用于训练：高度 {height} 时每个字符不足 {width} 像素。</translation>
  </message>
  <message>
   <source>Cannot be trained on: {frames} time steps, the text needs {needed}. Is the box too narrow?</source>
   <translation>无法用于训练：仅 {frames} 个时间步，文本需要 {needed} 个。框是否太窄?</translation>
  </message>
  <message>
   <source>Fits the network ({frames} time steps for {needed}); verify it to train on it.</source>
   <translation>适合网络(需要 {needed} 个，有 {frames} 个时间步)；确认后可用于训练。</translation>
  </message>
  <message>
   <source>Ignored: not read, trained on or exported.</source>
   <translation>已忽略：不识别、不训练、不导出。</translation>
  </message>
  <message>
   <source>New to these weights: {characters}. Training adds it.</source>
   <translation>这些权重中没有：{characters}。训练会添加。</translation>
  </message>
  <message>
   <source>No text yet, nothing to learn from.</source>
   <translation>还没有文本，无从学习。</translation>
  </message>
  <message>
   <source>Ready for training ({frames} time steps for {needed}).</source>
   <translation>可用于训练(需要 {needed} 个，有 {frames} 个时间步)。</translation>
  </message>
 </context>
 <context>
  <name>Training</name>
  <message>
   <source>The project's weights {path} are gone; the starter weights read instead.</source>
   <translation>项目的权重 {path} 已不存在；改用初始权重识别。</translation>
  </message>
  <message>
   <source>The weights {path} are gone, so they cannot be used.</source>
   <translation>权重 {path} 已不存在，无法使用。</translation>
  </message>
  <message>
   <source>starter weights</source>
   <translation>初始权重</translation>
  </message>
 </context>
 <context>
  <name>TrainingAdvice</name>
  <message>
   <source>{words} verified since the last training: train again?</source>
   <translation>上次训练后已确认{words}：再次训练吗?</translation>
  </message>
  <message>
   <source>{words} verified: train on them?</source>
   <translation>已确认{words}：用它们训练吗?</translation>
  </message>
 </context>
 <context>
  <name>TrainingPlot</name>
  <message>
   <source>Loss in nats per word</source>
   <translation>每词损失(nat)</translation>
  </message>
  <message>
   <source>Percent</source>
   <translation>百分比</translation>
  </message>
  <message>
   <source>Step</source>
   <translation>步</translation>
  </message>
  <message>
   <source>bad batch</source>
   <translation>异常批次</translation>
  </message>
  <message>
   <source>held-out</source>
   <translation>留出</translation>
  </message>
  <message>
   <source>held-out character errors</source>
   <translation>留出字符错误率</translation>
  </message>
  <message>
   <source>held-out words right</source>
   <translation>留出词正确率</translation>
  </message>
  <message>
   <source>training</source>
   <translation>训练</translation>
  </message>
  <message>
   <source>words right in training</source>
   <translation>训练中词正确率</translation>
  </message>
 </context>
 <context>
  <name>TrashPanel</name>
  <message>
   <source>By</source>
   <translation>操作者</translation>
  </message>
  <message>
   <source>Close</source>
   <translation>关闭</translation>
  </message>
  <message>
   <source>Forget the pages…</source>
   <translation>永久删除页面…</translation>
  </message>
  <message>
   <source>Forget them</source>
   <translation>永久删除</translation>
  </message>
  <message>
   <source>Keep them</source>
   <translation>保留</translation>
  </message>
  <message>
   <source>Pages</source>
   <translation>页面</translation>
  </message>
  <message>
   <source>Take back</source>
   <translation>还原</translation>
  </message>
  <message>
   <source>The trash is empty. Pages and words that you delete can be taken back here, at any later time; images are never touched.</source>
   <translation>回收站是空的。删除的页面和词以后随时可以在这里还原；图像不会被改动。</translation>
  </message>
  <message>
   <source>Trash</source>
   <translation>回收站</translation>
  </message>
  <message>
   <source>What</source>
   <translation>内容</translation>
  </message>
  <message>
   <source>When</source>
   <translation>时间</translation>
  </message>
  <message>
   <source>Where</source>
   <translation>位置</translation>
  </message>
  <message>
   <source>Words</source>
   <translation>词</translation>
  </message>
  <message>
   <source>box without text</source>
   <translation>没有文本的框</translation>
  </message>
  <message>
   <source>page</source>
   <translation>页面</translation>
  </message>
  <message>
   <source>pages</source>
   <translation>页面</translation>
  </message>
  <message>
   <source>word</source>
   <translation>词</translation>
  </message>
  <message>
   <source>words</source>
   <translation>词</translation>
  </message>
  <message>
   <source>{pages} with {words} will be forgotten for good; Undo will not bring them back. The images stay where they are.</source>
   <translation>{pages}及其中{words}将被永久删除，无法撤销。图像留在原处。</translation>
  </message>
 </context>
 <context>
  <name>TroubleView</name>
  <message>
   <source>Crop</source>
   <translation>裁剪图</translation>
  </message>
  <message>
   <source>Frames</source>
   <translation>时间步</translation>
  </message>
  <message>
   <source>Kept all the same: {cause}</source>
   <translation>仍然保留：{cause}</translation>
  </message>
  <message>
   <source>Label</source>
   <translation>标注</translation>
  </message>
  <message>
   <source>Left out: {cause}</source>
   <translation>已排除：{cause}</translation>
  </message>
  <message>
   <source>Loss</source>
   <translation>损失</translation>
  </message>
  <message>
   <source>Step {step}: {cause}. {advice}</source>
   <translation>第 {step} 步：{cause}。{advice}</translation>
  </message>
  <message>
   <source>Why</source>
   <translation>原因</translation>
  </message>
  <message>
   <source>and {batches} more</source>
   <translation>以及另外{batches}</translation>
  </message>
 </context>
 <context>
  <name>WallFilters</name>
  <message>
   <source>Any weights</source>
   <translation>任意权重</translation>
  </message>
  <message>
   <source>At least this sure</source>
   <translation>置信度下限</translation>
  </message>
  <message>
   <source>At most this sure</source>
   <translation>置信度上限</translation>
  </message>
  <message>
   <source>Clear</source>
   <translation>清除</translation>
  </message>
  <message>
   <source>Confidence</source>
   <translation>置信度</translation>
  </message>
  <message>
   <source>Weights</source>
   <translation>权重</translation>
  </message>
 </context>
 <context>
  <name>WallHead</name>
  <message>
   <source>Accept above…</source>
   <translation>按阈值接受…</translation>
  </message>
  <message>
   <source>All</source>
   <translation>全部</translation>
  </message>
  <message>
   <source>By text</source>
   <translation>按文本</translation>
  </message>
  <message>
   <source>Doubt first</source>
   <translation>存疑优先</translation>
  </message>
  <message>
   <source>Doubt times novelty: uncertain readings whose characters and texts few verified words have teach the most.</source>
   <translation>不确定性乘以新颖性：字符和文本在已确认的词中少见、又不确定的识别结果最有学习价值。</translation>
  </message>
  <message>
   <source>Every word of the project</source>
   <translation>项目中的每个词</translation>
  </message>
  <message>
   <source>Expected gain</source>
   <translation>预期收益</translation>
  </message>
  <message>
   <source>Filter</source>
   <translation>筛选</translation>
  </message>
  <message>
   <source>Filter by confidence and by weights</source>
   <translation>按置信度和权重筛选</translation>
  </message>
  <message>
   <source>Ignored</source>
   <translation>已忽略</translation>
  </message>
  <message>
   <source>Let all readings stand that are surer than you say</source>
   <translation>接受所有高于指定置信度的识别结果</translation>
  </message>
  <message>
   <source>List only words of the page that is open now</source>
   <translation>仅列出当前页面的词</translation>
  </message>
  <message>
   <source>Look-alikes</source>
   <translation>形近字</translation>
  </message>
  <message>
   <source>Order</source>
   <translation>排序</translation>
  </message>
  <message>
   <source>Page by page, in the order the words were drawn.</source>
   <translation>逐页按绘制顺序排列。</translation>
  </message>
  <message>
   <source>Page order</source>
   <translation>页面顺序</translation>
  </message>
  <message>
   <source>Replace…</source>
   <translation>替换…</translation>
  </message>
  <message>
   <source>Search and replace in the texts of all pages</source>
   <translation>在所有页面的文本中搜索和替换</translation>
  </message>
  <message>
   <source>Search by regular expression</source>
   <translation>用正则表达式搜索</translation>
  </message>
  <message>
   <source>Search texts</source>
   <translation>搜索文本</translation>
  </message>
  <message>
   <source>Second opinion</source>
   <translation>第二意见</translation>
  </message>
  <message>
   <source>Take down {count} done</source>
   <translation>移走 {count} 个已处理</translation>
  </message>
  <message>
   <source>Take the words that are decided on off the wall</source>
   <translation>将已处理的词从墙上移走</translation>
  </message>
  <message>
   <source>Texts that differ only in what recognisers mix up (0 O, 1 l I, rn m) hang side by side.</source>
   <translation>仅在易混淆字符(0 O、1 l I、rn m)上不同的文本排在一起。</translation>
  </message>
  <message>
   <source>The least certain readings first.</source>
   <translation>最不确定的识别结果在前。</translation>
  </message>
  <message>
   <source>The same texts hang side by side.</source>
   <translation>相同的文本排在一起。</translation>
  </message>
  <message>
   <source>This page only</source>
   <translation>仅此页面</translation>
  </message>
  <message>
   <source>To do</source>
   <translation>待办</translation>
  </message>
  <message>
   <source>Verified</source>
   <translation>已确认</translation>
  </message>
  <message>
   <source>What a second reader reads differently, the surer it is the sooner. Page &gt; Ask a second reader about all suggestions has it read them.</source>
   <translation>第二识别器结果不同的词排在前面，它越有把握越靠前。通过“页面 &gt; 请第二识别器识别所有建议”启用。</translation>
  </message>
  <message>
   <source>Words that are left out of reading, training and export</source>
   <translation>排除在识别、训练和导出之外的词</translation>
  </message>
  <message>
   <source>Words that wait for you: readings, then words without one</source>
   <translation>待处理的词：先是有识别结果的，然后是没有的</translation>
  </message>
  <message>
   <source>Words whose text a human stands behind</source>
   <translation>文本由人确认的词</translation>
  </message>
 </context>
 <context>
  <name>WallModel</name>
  <message>
   <source>no text</source>
   <translation>无文本</translation>
  </message>
 </context>
 <context>
  <name>Weights</name>
  <message>
   <source>no words held out</source>
   <translation>没有留出词</translation>
  </message>
  <message>
   <source>refused</source>
   <translation>未采纳</translation>
  </message>
  <message>
   <source>starter weights</source>
   <translation>初始权重</translation>
  </message>
  <message>
   <source>{share} % right</source>
   <translation>正确率 {share}%</translation>
  </message>
 </context>
 <context>
  <name>WeightsList</name>
  <message>
   <source>Came with the program.</source>
   <translation>随程序提供。</translation>
  </message>
  <message>
   <source>Go back to these weights</source>
   <translation>恢复使用这些权重</translation>
  </message>
  <message>
   <source>Starter weights</source>
   <translation>初始权重</translation>
  </message>
  <message>
   <source>Weights of this project</source>
   <translation>本项目的权重</translation>
  </message>
 </context>
 <context>
  <name>WordEditor</name>
  <message>
   <source>Type what the word says, or leave it out of everything with I on the page.</source>
   <translation>请输入词的文本，或在页面上按 I 忽略它。</translation>
  </message>
 </context>
 <context>
  <name>WordField</name>
  <message>
   <source>Text of the word</source>
   <translation>词的文本</translation>
  </message>
 </context>
 <context>
  <name>WordFinding</name>
  <message>
   <source>Every page has words or is verified as empty.</source>
   <translation>每个页面都已有词，或已确认为空。</translation>
  </message>
  <message>
   <source>Finding words is paused at page {page} of {pages}</source>
   <translation>查找词暂停在第 {page}/{pages} 页</translation>
  </message>
  <message>
   <source>Finding words needs a detector that is not installed. Install it, then start again: {command}</source>
   <translation>查找词需要的检测器尚未安装。请安装后重新启动：{command}</translation>
  </message>
  <message>
   <source>Finding words on page {page} of {pages}</source>
   <translation>正在查找词：第 {page}/{pages} 页</translation>
  </message>
  <message>
   <source>Finding words on page {page} of {pages} · {left} left</source>
   <translation>正在查找词：第 {page}/{pages} 页 · 剩余 {left}</translation>
  </message>
  <message>
   <source>Finding words on the page</source>
   <translation>正在查找此页面中的词</translation>
  </message>
  <message>
   <source>Finding words stopped. {reason}</source>
   <translation>查找词已停止。{reason}</translation>
  </message>
  <message>
   <source>Found words: {words} on 1 page.</source>
   <translation>找到 {words} 个词，在 1 个页面上。</translation>
  </message>
  <message>
   <source>Found words: {words} on {pages} pages.</source>
   <translation>找到 {words} 个词，分布在 {pages} 个页面。</translation>
  </message>
  <message>
   <source>No page could be searched.</source>
   <translation>没有可以搜索的页面。</translation>
  </message>
  <message>
   <source>{count} lay over words that are there and were left out.</source>
   <translation>{count} 个与已有的词重叠，已略过。</translation>
  </message>
 </context>
 <context>
  <name>WordHistory</name>
  <message>
   <source>1 day ago</source>
   <translation>1 天前</translation>
  </message>
  <message>
   <source>1 hour ago</source>
   <translation>1 小时前</translation>
  </message>
  <message>
   <source>1 minute ago</source>
   <translation>1 分钟前</translation>
  </message>
  <message>
   <source>1 month ago</source>
   <translation>1 个月前</translation>
  </message>
  <message>
   <source>1 year ago</source>
   <translation>1 年前</translation>
  </message>
  <message>
   <source>Box moved</source>
   <translation>框已移动</translation>
  </message>
  <message>
   <source>Deleted</source>
   <translation>已删除</translation>
  </message>
  <message>
   <source>Drawn</source>
   <translation>已绘制</translation>
  </message>
  <message>
   <source>Drawn {when}, not read yet.</source>
   <translation>{when}绘制，尚未识别。</translation>
  </message>
  <message>
   <source>Ignored</source>
   <translation>已忽略</translation>
  </message>
  <message>
   <source>Imported</source>
   <translation>已导入</translation>
  </message>
  <message>
   <source>No longer ignored</source>
   <translation>已取消忽略</translation>
  </message>
  <message>
   <source>Read with weights {weights}.</source>
   <translation>由权重 {weights} 识别。</translation>
  </message>
  <message>
   <source>Reading accepted</source>
   <translation>已接受识别结果</translation>
  </message>
  <message>
   <source>Text cleared</source>
   <translation>文本已清除</translation>
  </message>
  <message>
   <source>The reading was “{text}” ({confidence}).</source>
   <translation>识别结果曾为“{text}”({confidence})。</translation>
  </message>
  <message>
   <source>Typed</source>
   <translation>手工输入</translation>
  </message>
  <message>
   <source>just now</source>
   <translation>刚刚</translation>
  </message>
  <message>
   <source>of unknown origin</source>
   <translation>来源未知</translation>
  </message>
  <message>
   <source>{count} days ago</source>
   <translation>{count} 天前</translation>
  </message>
  <message>
   <source>{count} hours ago</source>
   <translation>{count} 小时前</translation>
  </message>
  <message>
   <source>{count} minutes ago</source>
   <translation>{count} 分钟前</translation>
  </message>
  <message>
   <source>{count} months ago</source>
   <translation>{count} 个月前</translation>
  </message>
  <message>
   <source>{count} years ago</source>
   <translation>{count} 年前</translation>
  </message>
  <message>
   <source>{what} by {author} {when}.</source>
   <translation>{what}，{author}，{when}。</translation>
  </message>
  <message>
   <source>{what} {when}.</source>
   <translation>{what}，{when}。</translation>
  </message>
  <message>
   <source>{what}, by Undo</source>
   <translation>{what}(撤销)</translation>
  </message>
 </context>
 <context>
  <name>WordList</name>
  <message>
   <source>Drag words, or press Alt+Up and Alt+Down, to have them read earlier or later.</source>
   <translation>拖动词，或按 Alt+上、Alt+下，可调整其阅读先后。</translation>
  </message>
  <message>
   <source>Words in reading order</source>
   <translation>按阅读顺序的词</translation>
  </message>
 </context>
 <context>
  <name>WordRemedies</name>
  <message>
   <source>{words} in wider boxes now; Undo takes that back.</source>
   <translation>已加宽{words}的框；可撤销。</translation>
  </message>
  <message>
   <source>{words} left out from now on; Undo takes that back.</source>
   <translation>从现在起忽略{words}；可撤销。</translation>
  </message>
 </context>
 <context>
  <name>WordTools</name>
  <message>
   <source>No word follows on this line; select the words that are to become one.</source>
   <translation>这一行后面没有词；请选择要合并的词。</translation>
  </message>
  <message>
   <source>No words have been copied; select some and press Ctrl+C on the page.</source>
   <translation>尚未复制词；请在页面上选择一些词并按 Ctrl+C。</translation>
  </message>
  <message>
   <source>Not all of the words had been verified, so the new one is to be verified again.</source>
   <translation>并非所有词都已确认，因此新词需要重新确认。</translation>
  </message>
  <message>
   <source>Put the caret between the characters where the word is to be split.</source>
   <translation>请将光标放在要拆分的字符之间。</translation>
  </message>
  <message>
   <source>Select one word to split it.</source>
   <translation>请选择一个词进行拆分。</translation>
  </message>
  <message>
   <source>The boxes were pasted without their texts, as this is another image.</source>
   <translation>由于这是另一张图像，只粘贴了框而没有文本。</translation>
  </message>
 </context>
 <context>
  <name>WordTree</name>
  <message>
   <source>and more</source>
   <translation>以及更多</translation>
  </message>
 </context>
 <context>
  <name>Yardstick</name>
  <message>
   <source>Before the last training, right on {before}.</source>
   <translation>上次训练前正确率为 {before}。</translation>
  </message>
  <message>
   <source>starter weights</source>
   <translation>初始权重</translation>
  </message>
  <message>
   <source>{now} of the last {words} right.</source>
   <translation>最近{words}中 {now} 正确。</translation>
  </message>
  <message>
   <source>{now} of the last {words} right; before the last training {before}.</source>
   <translation>最近{words}中 {now} 正确；上次训练前为 {before}。</translation>
  </message>
 </context>
 <context>
  <name>YardstickCard</name>
  <message>
   <source>No word was verified with these weights yet.</source>
   <translation>还没有用这些权重确认过词。</translation>
  </message>
  <message>
   <source>Right on your words</source>
   <translation>在您的词上的正确率</translation>
  </message>
  <message>
   <source>The band holds the true share with 95 % confidence.</source>
   <translation>阴影带以 95% 的置信度包含真实正确率。</translation>
  </message>
 </context>
 <context>
  <name>_Bar</name>
  <message>
   <source>Close</source>
   <translation>关闭</translation>
  </message>
 </context>
 <context>
  <name>_Button</name>
  <message>
   <source>Something new is here.</source>
   <translation>这里有新内容。</translation>
  </message>
 </context>
 <context>
  <name>_Row</name>
  <message>
   <source>Alternative {number}: {text}, {confidence}</source>
   <translation>候选 {number}：{text}，{confidence}</translation>
  </message>
  <message>
   <source>Take this reading  (Alt+{number})</source>
   <translation>采用此识别结果  (Alt+{number})</translation>
  </message>
 </context>
 <context>
  <name>_Running</name>
  <message>
   <source>Cancel</source>
   <translation>取消</translation>
  </message>
  <message>
   <source>Go on</source>
   <translation>继续</translation>
  </message>
  <message>
   <source>Pause</source>
   <translation>暂停</translation>
  </message>
 </context>
</TS>
