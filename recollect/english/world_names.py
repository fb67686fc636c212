"""More first names, from many languages: a name tells whether "he" or "she" may mean somebody."""

from __future__ import annotations

MEN = frozenset(
    """
    abbas abdi abdullah abebe abner achim adama adel adnan adolfo agustin ahmad ahmet aiden akash aki akio
    akira alain alasdair alastair albrecht aldo alec aleksandr aleksei alessandro alessio alhassan alistair
    aloysius alphonse altan alvaro amadou amar ambrose amit anand anatole anatoly andriy anil ansel anselm
    anselmo ansgar antoni antonin aram archibald arlo armand armando arnaud arne arno artem arturo arvid asad
    asger ashok asif aslan attila augustin augusto aurelien aurelio aziz babak baptiste barend barnabas bashir
    bastian bastien benicio benito benjamim benji benoit bernardo bernt bertram bertrand bilal bjarne bjorn
    bodhi bogdan bohdan bram bret brodie bronson bryn bryson caden caius calder callum carlo carsten caspar
    casper cato cesar chidi chike christoph christophe christos cian ciaran cillian clayton colm conall conor
    constantin cornelius courtenay crispin cristian cristiano crosby cullen cyrus dagfinn daisuke damien damir
    danilo dante darius dariusz davide davit dawid deepak demetrius denholm denis deniz detlef dieudonne
    dilwyn djamel dmytro domenico domingo dominik donatello donnie dragan duarte dwayne eamon eamonn eckhard
    edgardo edmond edouard egbert egon einar eino eirik elio eljas elon emeka emerson emile emiliano emilio
    emmett emre endre ennio enzo ephraim erhan erland ernst errol erwin esmond esteban etienne euan evander
    everett ewan ezekiel fabien fabio fabrice fabrizio fahad faisal farhan farouk federico feliks ferdinand
    ferenc fergal fiete filippo finnegan finnian fintan fitz flavio florent floris folke francois frederic
    frederik fredrik fritjof fyodor gabor gael gaetan galen garrick gaspard gavino georg georges georgi
    gerardo gerhard gerry gert gethin gherardo giacomo gianluca gianni gideon gilles gino giorgio giuliano
    giuseppe godfrey gopal goran gottfried graeme gregor gregorio griff grigori gruffydd gudmund guenther
    guilherme guillaume gulshan gunnar gurpreet gustave gustavo gwilym haakon hadi haider hakan hakim halvard
    hamid hamish hanif hannes hannu harald haroun haruki haruto hasan hashim heiko heiner heinz hektor helge
    helmut hendrik hendrix henning henryk herbie heribert hermann hernan hideo hieu hilario hiroki hitesh
    holger horatio horst hubertus huw hyun iago iain iakov ibra idris ignacio ignatius ihor ilias ilya imad
    ingmar ingo ingvar inigo ioannis irfan isak ishaan isidro ismael ismail istvan itzhak ivar ives ivo jabari
    jago jairo jakob jakub jamil janek jann jannik janos jarek jari jarmo jaroslav javed jens jeremiah
    jermaine jerzy jethro jiang jiri joakim joao joaquim jochen joep joerg joey joffre jolyon joop joost joran
    jordi jorg joris josef josue jovan juanito jukka julen junaid jurgis juri kaan kaden kadir kaito kalle
    kamal kane kasimir kaspar kasper kavi kazimir kazuo keane keanu kees keir keiran kelechi kellan kelvin
    kemal kenan kenny kenta kenzo kerem keshav kevan khalil kiefer kieron killian kimmo kjell klemens knut
    kojo konrad konstantin kosta kostas krishna kristof krzysztof kumar kwabena kwesi lachie lachlan ladislav
    lamar lambert lamine lanny lanre laszlo lauri lawson leander leandro leif lemuel lennart leonid leopold
    levente lieven linus lior lorcan lorenz lothar lowen lubomir lucian luciano ludo ludovic ludwig luka
    lukasz lutz luuk lyle maarten maciej macsen madoc maks maksim malachi malte manfred manish manoj mansur
    mantas marcello marcelo marcin marek mariano marinus marius markus marlow marlowe marten martijn martino
    marwan masahiro massimo mathieu mathis matias matthias matthieu matti matyas maurits maurizio mauro maxim
    maxime maximilian mehdi merrick mert meurig micha michal michele mikael mikel mikko miklos milos miloslav
    mirek mirko miro miroslav mirza mitsuo moishe mordecai moritz morten mortimer mostafa mstislav muhammed
    mukesh munir murat murdo mustafa mykola nabil nadim nadir naoki naren nasir naveed neel nestor niccolo
    nicholai niels nihal nikhil niko nikos nilesh ninian nnamdi nobu norbert nuno obadiah obinna octavio olaf
    olav oleksandr olli olly oluf omari omid oran orhan orin orson osian osvaldo otar otmar ottmar ozan ozgur
    paco paddy padraig panos pascal pascual patrice patricio patryk paulo pavlo pawel pekka pelle percival
    peregrine petar petr petri petros phileas phineas pierluigi piet pieter pinchas piran plamen pradeep
    prakash pranav pravin qasim quillan quillon quincy radek radu rafal rafe raffaele raghu rahim rahul
    raimund rainer rakesh ralf ramesh ramiro ramzi ranjit raoul rasmus ravindra raymundo reid reiner reinhard
    reinhold reinout remo renato renzo reto rhodri rian ricard riccardo rico riku rishi roald robbert rodolfo
    rodrigo rogelio rohan rohit romain ronan roope rostam rowland ruaridh rudi rudolph rui rune rurik ruslan
    rustam ryo ryota saad sachin saeed sajid salim salman sampo sander sandro sanjeev santino santosh sasho
    satish satoshi saurabh sava sebastiaan sebastien selim selwyn semyon sepp serhiy serkan severin shahid
    shamus shaquille shashi shigeru shiv shmuel siddharth siegfried sigfried sigmund sigurd silvan silvester
    silvio simeon sinan sindre sixten sjoerd slavko slobodan solomon sorley souleymane stanislav stavros
    stefano steffen stellan stephane stijn suleiman sunil suresh sverre szymon tadashi tadeusz tadhg takeshi
    takumi taliesin taras tarek tarquin tarun tatsuo tavish teemu temur teo terje teun thaddeus theodor
    theodoros thierry thijs thorsten thorvald tiago tibor tigran tillmann tilo timo timon timur tirso tobi
    tobiah tobin tomasz tomaz tomi tommaso torben torquil torsten toshiro trevelyan tuan tudor tunde tuomas
    turgut tycho tymon ulf ulrich umberto umut upton uriah uriel urien urs usman vaclav valdemar valentin
    valerio vasco vasil vasily vaughan vaughn veit veli venkat viggo vikas vilem vilhelm viljo vinay vinod
    vishal vito vittorio vlad vojtech volker volodymyr waldo walid wallis waqar wasim wayan wenzel wieland
    wiktor wilber wilf wilfried willem willi wilmer wim winfried witold wojciech woodrow wouter wyatt xander
    xavi xiang yahya yannick yannis yaroslav yasin yasir yasser yitzhak yohan yonas yorath yorick yosef
    youssef yuichi yunus yusef yuto yves zac zach zacharias zahid zain zaki zbigniew zdenek zeb zeke zeljko
    zhang zidane ziggy zion zlatan zoltan zubair
    """.split()
)
"""Names of men and boys, in small letters."""

WOMEN = frozenset(
    """
    aada aaliyah aase abbie abby abeba abena abiola addie adelina adeline adila aditi adriane adrienne afia
    afua agata agathe aggie agnese agneta agnieszka aida aiko aileen ailie ailsa aimee aine ainhoa aino
    aisling aiyana akiko alana alannah albertina alda alejandra aleksandra alena alessandra alessia alexa
    alexia aleyna alfreda alia aliona alisa alise alix aliya aliyah allegra allie ally almudena aloisia altea
    althea alva alwine amaia amalia amalie amani amaya ambra amelie aminata amira amita amrita anaelle anais
    ananya anat andree andzelika aneta angele angeles angelika angeline angharad angie anhelina anika anikka
    anisha anissa anka anke annalisa annalise anneke anneli annelie annelies anneliese annelise annett annetta
    annika annina anouk anoushka anthea antje antoinette antonella antonina anu anushka anwen aoi aoibhe
    apolline ariadna ariadne ariane arianna ariella arielle arlene armelle arya asha ashanti ashlyn asli asma
    asya atefeh atiya aude audra aurea aurelia aurelie aurore avani aveline avery aviva ayako ayelet ayla
    aylin ayse aysha ayumi azra babette bahar barbro basma bea beata beate beatriz beca begona begum behnaz
    belen benedetta benedikte benita berit bernadine bernice berta beryl betina betje betsan bettina beulah
    beyza biance bianka bilge bintou blandine blodwen blythe bodil bogumila bozena branka brianna brid bridie
    brigid brigida brigit brigitta brigitte briony britt bronagh bronwen bruna brunhilde bryony bunty cait
    caitlin caitlyn calista calla calliope camila cansu caren carenza cari carin carina caris carita carlotta
    carmela carmella carola carole carolin carolyne carrie carys casilda catalina caterina catharina catrin
    catriona cayla cecile cecilie cecily celestine celina celine ceri cerys chantelle charis charmaine chaya
    chelsey cheyenne chiamaka chidinma chika chinwe chioma chitra chiyo christa christabel christel christelle
    christiana christiane christie christin ciara cicely cintia clarice clarisse claudette claudine clemmie
    cleopatra clio clodagh clotilde clova concepcion consuelo coralie coraline cordula cordy corinne cornelia
    cosette cosima cressida cristina cyrielle dafne dagny daiyu dalia dalila damaris damla danica daniella
    danielle danuta daphna daria darla daryna davina deanna debora debra deepa deepika dejana delfina della
    delphine delyth demelza demetria demi derya desiree despina diandra dido dilara dilly dilnoza dilys
    dimitra dinah dinara divya dobrila dominika donatella dordi dorota dorothee dorrit dorte dosia dotty
    dragana drusilla duaa dulcie dunja dusana dympna eabha ebba ebru ece edda edel edie edina edita edwina eef
    eevi efua eilidh eimear einat eira eirini eithne ekaterina ela elaheh elaina elea eleanora eleni elenora
    eleonora eleonore eleri elfi elfriede elham elif elin elina elinor elisabetta elisavet elise elke ellery
    elli elly elma elna elodie elora elowen elsbeth elske elspet elva elvira elvire elwira ema emeli emelie
    emeline emiko emilie emine emmanuelle emme emmeline emmi emmy encarna endah enfys enid enola enya eowyn
    erla ermelinda erna ernestine erzsebet eske esma esmee esperanza esra estelle ester estrella etelka
    ethelinda etta eufemia eugenie eulalia eunice euphemia evangelina evangeline evelien evelina eveline
    evelyne evi evita ewa ewelina eydis fabienne fabiola faiza fanni fannie fanny farah farida farrah fatiha
    fatma fatou fatoumata faustine fawzia federica felicia felicitas felicite fenella fenja ferdinanda
    fereshteh ffion fflur fien filippa filomena fionna fionnuala flavia florentina florrie flossie fran franca
    francine francisca francoise franka franziska frauke frederica frederika frederikke frederique frida
    friederike fritzi fujiko fumiko gabi gabija gaelle galina gamze gayle gaynor geertje geeta genoveva
    georgie gerda gerlinde gerri gertie gertrud giada gianna gila gilda gillian ginette gioia giorgia giovanna
    gisela gisele giselle gitta gitte giulietta giuseppina glenda glenys gloriana gobnait golda gordana gosia
    gracie graciela grainne grazia graziella grethe grietje griselda gryta guadalupe gudrun guinevere gulnara
    gunda gunhild gunilla gurli guro gusta gwenda gwenllian gwenn gwenno gwyneth habiba hadassah hadewych
    hadley hafsa haidee hailey hala haley halima halina halle hallie halyna hana hanae hanan hande hania hanka
    hanna hanne hannelore hansi harriette haruka hatice hattie haya hayley hazal heba hedda hedi hedvig hedwig
    hege heidrun heike heledd helene hella helle heloise hendrika henna henny henriette herma hermia hermine
    hermione hertha hester hettie hiba hikari hilde hildegard hilke hilla hina hinda hiroko hollie honora
    honoria hortensia houda huda hulda hyacinthe ianthe idil idoia idony ieva ikram ilana ilaria ildiko ileana
    ilham ilka illa ilma ilona ilse imaani iman imani imelda imke immaculata inbar indira inessa inez inga
    inge ingeborg ingela ingelise inger ingrida inka inna iola iolanda iolanthe ipek irem irena irenka irmgard
    iryna isabeau isadora isaura iseult isha ishani isidora isobel isolda isolde itziar iva ivana iveta ivonne
    iza izabela izel izzy jacinta jacqui jada jadwiga jaimie jameela jamila jancis janelle janette janina
    janine janis janka janna janneke jantje jarmila jasmin jasmina jaya jayne jazmin jeannette jeannie
    jeannine jelena jella jemma jennie jeri jessamy jette jiao jimena jinny jitka joana joanie joelle johanna
    johanne jolanda jolanta jolene jolie jonna jordana jorid jorun jory josefa josefina josefine josette
    josiane jovana joyceline juana judit jule juliane julianna julianne juliette julitta jutta jyoti kaarina
    kaatje kadri kaelyn kaia kaisa kaja kali kalina kalliope kalpana kamala kamila kamile kamilla kana kanako
    karensa kari kariann karima karla karlotta karola karolina karoline karyn kasia kassandra katalin katarina
    katarzyna katerina kateryna katharina kathe kathi kati katinka katleen katrien katrin katrine kavya kaycee
    kayleigh kazia kazue keeley keiko keira kelsey kendra keren kerensa kerenza kerri kerstin keziah khadija
    kiara kiki kimiko kinga kirsi kirstie kirstin kirstine kirstyn kjersti klaudia klazina kleopatra koharu
    kornelia kozue kristel kristiane kristin kristine kristy krisztina krystal krystyna ksenia kunigunde kyla
    kyoko kyra lacey lada laetitia laila laine lakshmi lale laleh lalita lamia lamorna lani larisa latifa
    latisha latoya laure lauretta laurine lavinia layan layana leandra leanne leda leela leia leilani lela
    lelia lene leni lenka lenore leocadia leonarda leonor leonora leontine leontyne leri letitia letizia
    lettice lettie letty lexi lexie liana lianne liat libby lidia lidiya lien liesbeth liese liesel lieselotte
    lieve ligia liina lilianne lilias lilibet lilith lilja lilla lilli lillie lilou limor lindiwe linette
    linnea linzi liora lisanne lisbet lisbeth lise liselotte lisette lisl livia liya lizbeth lizzy ljiljana
    ljubica llinos loes logane lonneke lora loredana loreen lorelei lorena lorenza loreta loretta lori lorie
    lotta lottchen lotte louella lourdes lowenna lowri luana luba lucette luciana lucie lucienne lucile
    lucinda lucretia lucrezia ludivine ludmila ludmilla luella luise luisella luitgard luiza lujza luli lupita
    lyda lydie lyn lynda lyndsey lyne lynette lynne lynsey lyra lyubov lyudmyla maaike maalika maarit machteld
    macy maddalena maddie madelaine madeleina madelief madhuri mady maeve mafalda magali magda magdalene
    mageli magnhild maha mahalia mahnoor mahsa maia maija maike maiken mailin mair maire mairead mairi maisy
    maite maja makayla makena malaika malala malena malia malika malin malina malka malvina mamie manal
    mandana mandisa manon manuela marcela marceline marcella marcelle marcia mared mareike maren marga
    margareta margarete margaretha margarethe margaux margherita margit margita margo margret margrete
    margriet margrit marguerite maribel maricel marieke mariel mariela marielle marieluise marietta mariette
    marigold marija marijke marika mariko marilena marilou marilyne marinella mariola maris marisa marisol
    marissa marit marita maritza mariya marjan marjolein marjory marjut marketa marleen marlena marlies
    marlise marlyn marna marni marnie marta marte martje marusya marva maryam maryann maryanne maryse marysia
    marzena masako masha masuma mathilda mathilde matija matilde matylda maude maudie maura mavis maya
    maybelle mayra mayu meena meera megumi mehri mehtap mehwish meike melania melany melia melina melisa
    melisande melita melodia melodie menna meral mercedeh meredyth mererid meret merete meri meriem merike
    meritxell merle merlina merve meryem meryl meta mette mhairi mica micaela michaele michi michiko midori
    mieke mienke mietta mihaela mijal mikaela miki mila milagros milana milda milena milica milla millicent
    milou minako minda minka minna minoo mirabel mirabelle mireia mireille mirela mirella miren mireya miri
    mirjam mirka miroslava mirren misaki mitra mitsuko mitzi miya miyako miyu moina mollie momoko monia monifa
    monique montserrat morag moriah morwen morwenna moya muireann mukami muna munira mwende myfanwy myfi myla
    mylene myriam nabila nadezhda nadine nadiya nadja nadya nafisa nahla naiara naila naima naira najat najla
    nanako nancie nanda nandini nanette nanna nansi naoko narges narine nasrin nastasia nastassja nasya
    natacha natalija nataliya natalya natascha nathalie nathaly natividad natsuki natsumi nava nawal nayla
    nazanin nazli neda neela neelam neele neema nefeli neha neila nejla nela nelda nelia nelleke nellieke
    nelly neneh neola nerea nerida neris nerissa nermin nerys nesrin nessa nesta netta neus neva neve nia
    niamh nicol nicoletta nicolette nidia nieves nika niki nikki nikol nikolett nikolina nila nilda nilufar
    nilufer nimah nimmi ninette ningning ninon niobe nira nirmala nisha nishi nita nitza nives noelia noella
    noelle noemi noemie nokomis nona nonna norah noreia noriko noura novella noya nuala nuray nuria nurit
    nursel nyla nyree octavia oda odalys odele odelia odile odilia ofelia ofra oksana olena olesya olha olina
    olivie olwen olwyn olya olympe oona oonagh ophelie oralie oriana oriane orietta orit orla orlagh orly orna
    ornella orsolya osnat otilia otti ottilie ottoline ovidia oya ozge ozlem padma paivi paloma pamina paola
    paolina parisa parvati parvin pascale patrizia paulette paulien pauliina paulina paulita pavla payal
    pegeen pelin penelope penina pernilla pernille perpetua perran persephone persis pervin petrina petronella
    petronilla phaedra philippine philly philomena phyllida piedad pinar pippin pira placida polina polona
    polyxena poonam posie pranvera prasanna preeti prerna prisca priscila priti priyanka prudie puja purnima
    qiana querida quilla quintina rabia rachelle rada radha radhika radka raelene rafaela raffaella raghad
    rahel rahma raina raisa raissa rajani ramla randi rania ranya raquel rasa rashida rasma ravenna raya rayna
    razia rebeca rebecka rebekah reda reem reena regan reglindis rehana reiko reina reinhild reka rekha
    remedios rena renae renate renske resi reyhan reyna rhian rhiannon rhona rhonwen ria riana rianne ricarda
    richelle riika rika rikke rina risa ritsuko ritva riva rivka robina rochelle rocio roelien roisin roksana
    rolanda romaine romana romane romey romilda romilly romina romola romy rona ronit ronja roosje rosabel
    rosabella rosalba rosaleen rosalia rosalina rosaline rosalyn rosamund rosana rosangela rosanna rosanne
    rosaria rosaura roseanne roselyn rosemarie rosenwyn roshni rosina rosine rosita roslyn roswitha rowena
    roxana roxane roxie roya rozalia rozanne rozenn rukhsana rukmini ruta ruthie ruya ruza ryoko saara saba
    sabeen sabela sabiha sabina sabira sabrine sachiko sadako sade sadia safia safiya sagal sahar sahra saida
    saila saima saina saki sakura salha saliha salla sallie salome saloni salud salwa samar sameera samia
    samira samiya sanae sanam sandhya sandrine sandya sanem sanja sanna sanne saoirse saori saphira sapna
    sarai saraswati sarika sarina sarita saskie satu saule savannah saya sayaka seema seija selda selin selina
    selma semra senka seona septima seraphina seren serife serpil sevda sevgi sevim sevinc seyma shabana
    shabnam shadi shahana shahla shaina shaista shakira shakti shalini shamim shanaya shani shania shanice
    shanna shanthi shari sharlene sharmila sharna sharona shauna shayla sheba sheela sheena shifra shilpa
    shira shireen shirin shiyun shizuka shobha shona shoshana shreya shruti shukria shula shulamit shyla sibel
    sibila sibylla sidonie sidra sieglinde siegrid siglinde signe sigridur sigrun sihem siiri silja silje
    silke silvana silvie simge simona simonetta simonne simran sina sindy sinead sini siobhain siofra sioned
    sirena siriol sirkka sissel sissi sitara siwan siyu sjoukje slavica smilla smita sneha snezana sofie
    sofiya sofya solange soledad solene solomiya solveig sona sonali sonay sondra songul soniya sonya sophy
    soraya soumaya staci stanislava starla stefania stefanie steffi stefka steinunn stephania stephany stien
    stine subha sudha suhaila sujata sukey suki sulamith suleika suli suma sumaya sumi sumiko summaya sunita
    sunitha sunniva suri susana susannah susanne suse suvarna suvi suzan suzana suzanna suzette suzi suzy svea
    svenja svitlana sybille sydnie sylke sylvaine sylvana sylvette sylvi sylviane sylvie synnove szilvia tabea
    tacita tahira tahlia tahmina taika taimi taina taisia takako talia talitha tallulah talya tamaki tamanna
    tamar tamiko tamina tammie tamsin tamsyn tamzin tandi tanja tanvi tanzila tarja tarla taslima tatjana
    tatyana tayla teagan tecla tegwen tekla tenley teodora teofila tereasa terese teresia teresita tereza teri
    terri teruko tessie tetiana tetyana thais thalia thandi thea thecla thekla theodora theodosia therese
    theresia thilde thirza thomasina thuy thyra tiahna tiana tibby tierney tiffani tiia tiina tija tilda tilla
    tillie timea timna tine tineke tinka tirzah tiziana toinette tomasa tomasina tomiko tomoko topsy torill
    torunn tove treena tressa tricia trine trish trisha trishna trixie trude trudie truus tsukiko tugba tulay
    tullia tuula tuuli tuva twyla tyra uda undine unni urbana urmila ursel urszula urte uschi usha vaiva vala
    valborg valda valeria valerija valery vallie vanda vanja vanna vanora vappu varsha varvara vasanti vashti
    vasiliki veda velma venetia venla verena verna veronique vesna veva vibeke vica vicenta vicki vickie vidya
    viera vigdis vikki viktoria vilhelmina vilja vilma vimala vincenza violante violeta violetta violette
    viridiana virna virpi vittoria viv viveca viveka viviana viviane vivica viviette vjera vlasta vonda vroni
    vuokko wafa wahida waltraud wanja warda wenche wencke wendela wenke wera wibke wiebke wiesje wikolia
    wiktoria wilda wilfrieda wilhelmine willa willemijn willemina wilna winefride winfreda winifrid winnifred
    winny wiola xandra xanthe xaviera ximena xiomara yaara yael yaffa yagmur yamileth yamina yana yanina
    yaretzi yaroslava yasemin yasuko yekaterina yelena yelyzaveta yesenia yesim yetta yetunde yeva yevgenia
    yildiz ynez yocheved yoka yolande yoshiko yrsa ysabel ysella yseult ysolde yuka yukari yukiko yulia yuliia
    yuliya yumi yumiko yuriko yusra yvaine zadie zahara zahra zaida zaina zainab zaira zakia zalina zandra
    zanele zaynab zehra zeina zelia zelie zella zelma zena zenaida zenia zennor zenobia zeynep zhanna zilla
    zina zinaida zita ziva zivile zlata zofia zohra zoraida zorica zosha zosia zsofia zsuzsa zsuzsanna zubaida
    zuhal zula zuleika zuleyka zulma zuza
    """.split()
)
"""Names of women and girls, in small letters."""
