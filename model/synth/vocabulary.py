"""Everyday words of signs, labels, papers and screens: the common part of the texts, and all where no list is found."""

from __future__ import annotations

WORDS: tuple[str, ...] = tuple(
    """
    able about above access account across action active address adult after again agent air airport album alarm all
    allow alone along also always amber amount and angle animal annual answer any apart apple apply april area arm
    around arrival art ask assist at august author auto autumn avenue away baby back bacon bag baker bakery balance
    ball bank bar barber base basket bath battery bay beach bean beauty bed beef beer before begin bell belt bench
    best better between big bike bill bird birth bitter black blank block blood blue board boat body book boot border
    both bottle bottom bowl box boy branch brand bread break breakfast bridge bright bring broken brother brown brush
    budget build bus business busy butter button buy by cabin cable cafe cake call camera camp can cancel candle car
    card care cargo carrot carry case cash castle cat caution ceiling center central century certain chain chair
    change channel charge cheap check cheese chef chicken child choice christmas church cinema circle city class clean
    clear clever clinic clock close closed cloth cloud club coach coast coat code coffee cold collect college color
    come comfort common company complete computer concert contact control cook cool copper copy corn corner correct
    cost cotton count country course court cover cream create credit cross crown cup current customer cut cycle daily
    dairy dance danger dark data date daughter day dead dear december deep delay deliver delivery density dental
    deposit design desk detail diesel digital dinner direct discount dish display distance do doctor dog dollar door
    double down dozen dream dress drink drive driver dry duck due during duty each early earth east easy eat edge egg
    eight either electric element email emergency empty end energy engine enjoy enter entrance equal error evening
    event every exact exit expert express extra eye fabric face factory fair family famous fan far farm fashion fast
    father february fee feel festival field fifteen fifty figure file fill film final find fine finger fire first fish
    fit five fix flag flat flavour flight floor flour flower fly fold food foot for forest form forty forward four
    fragile frame free fresh friday friend from front frozen fruit fuel full fun furniture future gallery game garage
    garden gas gate general gentle gift ginger girl give glass global glove go gold golden good grade grain grand
    grape grass great green grey grill ground group guest guide hair half hall ham hand handle happy harbour hard hat
    head health hear heart heat heavy height hello help herb here high hill history hold holiday home honey hope horse
    hospital hot hotel hour house how hundred ice idea in inch index indoor inside instant insurance invoice iron
    island item jacket january jazz jewel job juice july jump june junior just keep kettle key kids kilo kind king
    kitchen knife lady lake lamp land lane language large last late laundry law leaf learn leather left legal lemon
    length less letter level library licence life lift light lime limit line lion list litre little live local lock
    lodge long look lost lounge love low luck lunch machine made magazine mail main make mall man manager many map
    march mark market master match material may meal measure meat medical medium meet member memory menu message metal
    meter metro middle midnight mile milk mill mind mint minute mirror mix mobile model modern moment monday money
    month more morning most mother motor mountain mouse mouth move much museum music must name narrow national natural
    near neck need new news next nice night nine no noise noon normal north not note nothing notice november now
    number nurse nut oak object ocean october of off offer office oil old olive on once one onion only open opening
    orange orchard order organic other our out outdoor outlet over own oxygen pack page paint pair palace pan paper
    parcel parent park parking part party pass past pasta path patient pay payment peace pear pen people pepper per
    perfect person petrol pharmacy phone photo piano picture pie piece pilot pine pink pipe pizza place plan plant
    plastic plate platform play please plum plus point police pool poor pork port post potato pound powder power
    present press pressure price pride prime print private product program public pull pump pure purple push quality
    quarter queen question quick quiet radio rail rain range rate raw read ready real rear receipt record red refund
    region register rent repair reserved rest restaurant result return rice rich ride right ring river road rock roll
    roof room root rope rose round route royal rubber rule run running safe safety salad salary sale salmon salon salt
    same sand sandwich saturday sauce save scale school science score sea seal search season seat second secret
    section security see seed self sell send senior september serial series service set seven shade shadow shape share
    sharp sheep sheet shelf ship shirt shoe shop short show shower shut side sign silk silver simple since single sink
    sister site six size skin sky sleep slice slow small smart smile smoke smoking snack snow soap social soft soil
    solar sold solid some song soon sort sound soup south space spare speak special speed spice spirit sport spring
    square staff stage stair stamp stand standard star start state station stay steak steam steel step still stock
    stone stop store storm story straight strawberry street strong studio study style subtotal sugar suit summer sun
    sunday super supply sure surface sweet swim switch system table take talk tall tank taste tax taxi tea teacher
    team telephone ten tennis term test thank that the theatre then there thick thin thing think third this three
    through thunder thursday ticket tie tiger tile time tin tired title to today together toilet tomato tomorrow
    tonight tool tooth top total touch tour towel tower town toy track trade traffic trail train travel tray tree trip
    truck true trust try tube tuesday turn twelve twenty twice two type tyre uncle under union unit university until
    up upper urban use vacuum valley value van vanilla vegetable very video view village vinegar violet visit visitor
    voice volt volume wait walk wall want warm warning wash waste watch water wave way wear weather web wednesday week
    weekend weight welcome well west wet what wheat wheel when where which white who whole wide wild will wind window
    wine wing winter wire with within without woman wonder wood wool word work world year yellow yes yesterday yoga
    you young your zebra zero zinc zone
    """.split()  # noqa: SIM905  a list of a thousand quoted words would fill as many lines
)
