<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>
<qgis autoRefreshMode="Disabled" autoRefreshTime="0" hasScaleBasedVisibilityFlag="1" labelsEnabled="1" maxScale="0" minScale="25000" simplifyAlgorithm="0" simplifyDrawingHints="1" simplifyDrawingTol="1" simplifyLocal="1" simplifyMaxScale="1" styleCategories="Symbology|Symbology3D|Labeling|Rendering" symbologyReferenceScale="-1" version="3.40.6-Bratislava">
 <renderer-v2 enableorderby="0" forceraster="0" referencescale="-1" symbollevels="0" tolerance="4.5" toleranceUnit="MM" toleranceUnitScale="3x:0,0,0,0,0,0" type="pointCluster">
  <renderer-v2 attr="if(&quot;state&quot; in ('new', 'in_hand') and &quot;due_at&quot; &lt; now() and (coalesce(@onemap_day_ends, '') = '' or &quot;due_at&quot; &lt; to_datetime(coalesce(@onemap_day_ends, ''))), 'overdue', &quot;state&quot;)" enableorderby="0" forceraster="0" referencescale="-1" symbollevels="0" type="categorizedSymbol">
   <categories>
    <category label="新报" render="true" symbol="0" type="string" uuid="{d44574fe-db6a-5593-8377-ce0aaf8fa3c5}" value="new"></category>
    <category label="办理中" render="true" symbol="1" type="string" uuid="{73119ba5-9381-51da-b96b-cbc1bd409cc1}" value="in_hand"></category>
    <category label="超期" render="true" symbol="2" type="string" uuid="{7a9b2f08-51bb-5c9d-be75-a883a2c2fe97}" value="overdue"></category>
    <category label="已结" render="false" symbol="3" type="string" uuid="{f0e19d58-af6d-5219-b4f2-cfff85d800ca}" value="settled"></category>
    <category label="其他" render="true" symbol="4" type="string" uuid="{275c8c05-2d7c-5652-89d0-035409757c2d}" value=""></category>
   </categories>
   <symbols>
    <symbol alpha="1" clip_to_extent="1" force_rhr="0" frame_rate="10" is_animated="0" name="0" type="marker">
     <data_defined_properties>
      <Option type="Map">
       <Option name="name" type="QString" value=""></Option>
       <Option name="properties"></Option>
       <Option name="type" type="QString" value="collection"></Option>
      </Option>
     </data_defined_properties>
     <layer class="SimpleMarker" enabled="1" id="{f1625beb-302c-5993-8873-4f212be3caed}" locked="0" pass="0">
      <Option type="Map">
       <Option name="angle" type="QString" value="0"></Option>
       <Option name="cap_style" type="QString" value="square"></Option>
       <Option name="color" type="QString" value="0,114,178,255,rgb:0,0.44705882352941179,0.69803921568627447,1"></Option>
       <Option name="horizontal_anchor_point" type="QString" value="1"></Option>
       <Option name="joinstyle" type="QString" value="bevel"></Option>
       <Option name="name" type="QString" value="circle"></Option>
       <Option name="offset" type="QString" value="0,0"></Option>
       <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="offset_unit" type="QString" value="MM"></Option>
       <Option name="outline_color" type="QString" value="251,250,247,255,rgb:0.98431372549019602,0.98039215686274506,0.96862745098039216,1"></Option>
       <Option name="outline_style" type="QString" value="solid"></Option>
       <Option name="outline_width" type="QString" value="0.25"></Option>
       <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="outline_width_unit" type="QString" value="MM"></Option>
       <Option name="scale_method" type="QString" value="diameter"></Option>
       <Option name="size" type="QString" value="2.8"></Option>
       <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="size_unit" type="QString" value="MM"></Option>
       <Option name="vertical_anchor_point" type="QString" value="1"></Option>
      </Option>
      <data_defined_properties>
       <Option type="Map">
        <Option name="name" type="QString" value=""></Option>
        <Option name="properties"></Option>
        <Option name="type" type="QString" value="collection"></Option>
       </Option>
      </data_defined_properties>
     </layer>
    </symbol>
    <symbol alpha="1" clip_to_extent="1" force_rhr="0" frame_rate="10" is_animated="0" name="1" type="marker">
     <data_defined_properties>
      <Option type="Map">
       <Option name="name" type="QString" value=""></Option>
       <Option name="properties"></Option>
       <Option name="type" type="QString" value="collection"></Option>
      </Option>
     </data_defined_properties>
     <layer class="SimpleMarker" enabled="1" id="{67aeffe6-138c-53c9-9d7a-005aa5732c6d}" locked="0" pass="0">
      <Option type="Map">
       <Option name="angle" type="QString" value="0"></Option>
       <Option name="cap_style" type="QString" value="square"></Option>
       <Option name="color" type="QString" value="255,255,255,255,rgb:1,1,1,1"></Option>
       <Option name="horizontal_anchor_point" type="QString" value="1"></Option>
       <Option name="joinstyle" type="QString" value="bevel"></Option>
       <Option name="name" type="QString" value="circle"></Option>
       <Option name="offset" type="QString" value="0,0"></Option>
       <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="offset_unit" type="QString" value="MM"></Option>
       <Option name="outline_color" type="QString" value="230,159,0,255,rgb:0.90196078431372551,0.62352941176470589,0,1"></Option>
       <Option name="outline_style" type="QString" value="solid"></Option>
       <Option name="outline_width" type="QString" value="0.45"></Option>
       <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="outline_width_unit" type="QString" value="MM"></Option>
       <Option name="scale_method" type="QString" value="diameter"></Option>
       <Option name="size" type="QString" value="2.8"></Option>
       <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="size_unit" type="QString" value="MM"></Option>
       <Option name="vertical_anchor_point" type="QString" value="1"></Option>
      </Option>
      <data_defined_properties>
       <Option type="Map">
        <Option name="name" type="QString" value=""></Option>
        <Option name="properties"></Option>
        <Option name="type" type="QString" value="collection"></Option>
       </Option>
      </data_defined_properties>
     </layer>
     <layer class="SimpleMarker" enabled="1" id="{bd038ccd-bf69-5d90-bf62-e863a69d1549}" locked="0" pass="0">
      <Option type="Map">
       <Option name="angle" type="QString" value="90"></Option>
       <Option name="cap_style" type="QString" value="square"></Option>
       <Option name="color" type="QString" value="230,159,0,255,rgb:0.90196078431372551,0.62352941176470589,0,1"></Option>
       <Option name="horizontal_anchor_point" type="QString" value="1"></Option>
       <Option name="joinstyle" type="QString" value="bevel"></Option>
       <Option name="name" type="QString" value="semi_circle"></Option>
       <Option name="offset" type="QString" value="0,0"></Option>
       <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="offset_unit" type="QString" value="MM"></Option>
       <Option name="outline_color" type="QString" value="35,35,35,255,rgb:0.13725490196078433,0.13725490196078433,0.13725490196078433,1"></Option>
       <Option name="outline_style" type="QString" value="no"></Option>
       <Option name="outline_width" type="QString" value="0"></Option>
       <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="outline_width_unit" type="QString" value="MM"></Option>
       <Option name="scale_method" type="QString" value="diameter"></Option>
       <Option name="size" type="QString" value="2.8"></Option>
       <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="size_unit" type="QString" value="MM"></Option>
       <Option name="vertical_anchor_point" type="QString" value="1"></Option>
      </Option>
      <data_defined_properties>
       <Option type="Map">
        <Option name="name" type="QString" value=""></Option>
        <Option name="properties"></Option>
        <Option name="type" type="QString" value="collection"></Option>
       </Option>
      </data_defined_properties>
     </layer>
    </symbol>
    <symbol alpha="1" clip_to_extent="1" force_rhr="0" frame_rate="10" is_animated="0" name="2" type="marker">
     <data_defined_properties>
      <Option type="Map">
       <Option name="name" type="QString" value=""></Option>
       <Option name="properties"></Option>
       <Option name="type" type="QString" value="collection"></Option>
      </Option>
     </data_defined_properties>
     <layer class="SimpleMarker" enabled="1" id="{f500a9e4-6445-524e-bdeb-48a902fbde43}" locked="0" pass="0">
      <Option type="Map">
       <Option name="angle" type="QString" value="0"></Option>
       <Option name="cap_style" type="QString" value="square"></Option>
       <Option name="color" type="QString" value="213,94,0,255,rgb:0.83529411764705885,0.36862745098039218,0,1"></Option>
       <Option name="horizontal_anchor_point" type="QString" value="1"></Option>
       <Option name="joinstyle" type="QString" value="bevel"></Option>
       <Option name="name" type="QString" value="triangle"></Option>
       <Option name="offset" type="QString" value="0,0"></Option>
       <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="offset_unit" type="QString" value="MM"></Option>
       <Option name="outline_color" type="QString" value="251,250,247,255,rgb:0.98431372549019602,0.98039215686274506,0.96862745098039216,1"></Option>
       <Option name="outline_style" type="QString" value="solid"></Option>
       <Option name="outline_width" type="QString" value="0.25"></Option>
       <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="outline_width_unit" type="QString" value="MM"></Option>
       <Option name="scale_method" type="QString" value="diameter"></Option>
       <Option name="size" type="QString" value="3.4"></Option>
       <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="size_unit" type="QString" value="MM"></Option>
       <Option name="vertical_anchor_point" type="QString" value="1"></Option>
      </Option>
      <data_defined_properties>
       <Option type="Map">
        <Option name="name" type="QString" value=""></Option>
        <Option name="properties"></Option>
        <Option name="type" type="QString" value="collection"></Option>
       </Option>
      </data_defined_properties>
     </layer>
    </symbol>
    <symbol alpha="1" clip_to_extent="1" force_rhr="0" frame_rate="10" is_animated="0" name="3" type="marker">
     <data_defined_properties>
      <Option type="Map">
       <Option name="name" type="QString" value=""></Option>
       <Option name="properties"></Option>
       <Option name="type" type="QString" value="collection"></Option>
      </Option>
     </data_defined_properties>
     <layer class="SimpleMarker" enabled="1" id="{7e02df8e-e916-505a-84f0-ca779af0cfc0}" locked="0" pass="0">
      <Option type="Map">
       <Option name="angle" type="QString" value="0"></Option>
       <Option name="cap_style" type="QString" value="square"></Option>
       <Option name="color" type="QString" value="0,0,0,0,rgb:0,0,0,0"></Option>
       <Option name="horizontal_anchor_point" type="QString" value="1"></Option>
       <Option name="joinstyle" type="QString" value="bevel"></Option>
       <Option name="name" type="QString" value="circle"></Option>
       <Option name="offset" type="QString" value="0,0"></Option>
       <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="offset_unit" type="QString" value="MM"></Option>
       <Option name="outline_color" type="QString" value="138,143,152,255,rgb:0.54117647058823526,0.5607843137254902,0.59607843137254901,1"></Option>
       <Option name="outline_style" type="QString" value="solid"></Option>
       <Option name="outline_width" type="QString" value="0.5"></Option>
       <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="outline_width_unit" type="QString" value="MM"></Option>
       <Option name="scale_method" type="QString" value="diameter"></Option>
       <Option name="size" type="QString" value="2"></Option>
       <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="size_unit" type="QString" value="MM"></Option>
       <Option name="vertical_anchor_point" type="QString" value="1"></Option>
      </Option>
      <data_defined_properties>
       <Option type="Map">
        <Option name="name" type="QString" value=""></Option>
        <Option name="properties"></Option>
        <Option name="type" type="QString" value="collection"></Option>
       </Option>
      </data_defined_properties>
     </layer>
    </symbol>
    <symbol alpha="1" clip_to_extent="1" force_rhr="0" frame_rate="10" is_animated="0" name="4" type="marker">
     <data_defined_properties>
      <Option type="Map">
       <Option name="name" type="QString" value=""></Option>
       <Option name="properties"></Option>
       <Option name="type" type="QString" value="collection"></Option>
      </Option>
     </data_defined_properties>
     <layer class="SimpleMarker" enabled="1" id="{37858efd-92e1-59ed-a903-44326d49b254}" locked="0" pass="0">
      <Option type="Map">
       <Option name="angle" type="QString" value="0"></Option>
       <Option name="cap_style" type="QString" value="square"></Option>
       <Option name="color" type="QString" value="255,0,0,255,rgb:1,0,0,1"></Option>
       <Option name="horizontal_anchor_point" type="QString" value="1"></Option>
       <Option name="joinstyle" type="QString" value="bevel"></Option>
       <Option name="name" type="QString" value="cross2"></Option>
       <Option name="offset" type="QString" value="0,0"></Option>
       <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="offset_unit" type="QString" value="MM"></Option>
       <Option name="outline_color" type="QString" value="138,143,152,255,rgb:0.54117647058823526,0.5607843137254902,0.59607843137254901,1"></Option>
       <Option name="outline_style" type="QString" value="solid"></Option>
       <Option name="outline_width" type="QString" value="0.5"></Option>
       <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="outline_width_unit" type="QString" value="MM"></Option>
       <Option name="scale_method" type="QString" value="diameter"></Option>
       <Option name="size" type="QString" value="2.2"></Option>
       <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
       <Option name="size_unit" type="QString" value="MM"></Option>
       <Option name="vertical_anchor_point" type="QString" value="1"></Option>
      </Option>
      <data_defined_properties>
       <Option type="Map">
        <Option name="name" type="QString" value=""></Option>
        <Option name="properties"></Option>
        <Option name="type" type="QString" value="collection"></Option>
       </Option>
      </data_defined_properties>
     </layer>
    </symbol>
   </symbols>
   <rotation></rotation>
   <sizescale></sizescale>
   <data-defined-properties>
    <Option type="Map">
     <Option name="name" type="QString" value=""></Option>
     <Option name="properties"></Option>
     <Option name="type" type="QString" value="collection"></Option>
    </Option>
   </data-defined-properties>
  </renderer-v2>
  <symbol alpha="1" clip_to_extent="1" force_rhr="0" frame_rate="10" is_animated="0" name="centerSymbol" type="marker">
   <data_defined_properties>
    <Option type="Map">
     <Option name="name" type="QString" value=""></Option>
     <Option name="properties"></Option>
     <Option name="type" type="QString" value="collection"></Option>
    </Option>
   </data_defined_properties>
   <layer class="SimpleMarker" enabled="1" id="{ec8ea85e-32c2-5f24-887c-6584b4d6cc3b}" locked="0" pass="0">
    <Option type="Map">
     <Option name="angle" type="QString" value="0"></Option>
     <Option name="cap_style" type="QString" value="square"></Option>
     <Option name="color" type="QString" value="255,255,255,235,rgb:1,1,1,0.91999694819562061"></Option>
     <Option name="horizontal_anchor_point" type="QString" value="1"></Option>
     <Option name="joinstyle" type="QString" value="bevel"></Option>
     <Option name="name" type="QString" value="circle"></Option>
     <Option name="offset" type="QString" value="0,0"></Option>
     <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
     <Option name="offset_unit" type="QString" value="MM"></Option>
     <Option name="outline_color" type="QString" value="11,92,140,255,rgb:0.04313725490196078,0.36078431372549019,0.5490196078431373,1"></Option>
     <Option name="outline_style" type="QString" value="solid"></Option>
     <Option name="outline_width" type="QString" value="0.4"></Option>
     <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
     <Option name="outline_width_unit" type="QString" value="MM"></Option>
     <Option name="scale_method" type="QString" value="diameter"></Option>
     <Option name="size" type="QString" value="4"></Option>
     <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
     <Option name="size_unit" type="QString" value="MM"></Option>
     <Option name="vertical_anchor_point" type="QString" value="1"></Option>
    </Option>
    <data_defined_properties>
     <Option type="Map">
      <Option name="name" type="QString" value=""></Option>
      <Option name="properties" type="Map">
       <Option name="size" type="Map">
        <Option name="active" type="bool" value="true"></Option>
        <Option name="expression" type="QString" value="3.6 + min(4.4, 1.5 * log10(coalesce(@cluster_size, 1)))"></Option>
        <Option name="type" type="int" value="3"></Option>
       </Option>
      </Option>
      <Option name="type" type="QString" value="collection"></Option>
     </Option>
    </data_defined_properties>
   </layer>
   <layer class="FontMarker" enabled="1" id="{577bdcb4-9f2c-504b-b142-aa74a55642a6}" locked="0" pass="0">
    <Option type="Map">
     <Option name="angle" type="QString" value="0"></Option>
     <Option name="chr" type="QString" value="9"></Option>
     <Option name="color" type="QString" value="11,92,140,255,rgb:0.04313725490196078,0.36078431372549019,0.5490196078431373,1"></Option>
     <Option name="font" type="QString" value="Noto Sans CJK SC"></Option>
     <Option name="font_style" type="QString" value=""></Option>
     <Option name="horizontal_anchor_point" type="QString" value="1"></Option>
     <Option name="joinstyle" type="QString" value="miter"></Option>
     <Option name="offset" type="QString" value="0,0"></Option>
     <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
     <Option name="offset_unit" type="QString" value="MM"></Option>
     <Option name="outline_color" type="QString" value="255,255,255,255,rgb:1,1,1,1"></Option>
     <Option name="outline_width" type="QString" value="0"></Option>
     <Option name="outline_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
     <Option name="outline_width_unit" type="QString" value="MM"></Option>
     <Option name="size" type="QString" value="1.9"></Option>
     <Option name="size_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
     <Option name="size_unit" type="QString" value="MM"></Option>
     <Option name="vertical_anchor_point" type="QString" value="1"></Option>
    </Option>
    <data_defined_properties>
     <Option type="Map">
      <Option name="name" type="QString" value=""></Option>
      <Option name="properties" type="Map">
       <Option name="char" type="Map">
        <Option name="active" type="bool" value="true"></Option>
        <Option name="expression" type="QString" value="@cluster_size"></Option>
        <Option name="type" type="int" value="3"></Option>
       </Option>
       <Option name="size" type="Map">
        <Option name="active" type="bool" value="true"></Option>
        <Option name="expression" type="QString" value="0.6 * (3.6 + min(4.4, 1.5 * log10(coalesce(@cluster_size, 1))))"></Option>
        <Option name="type" type="int" value="3"></Option>
       </Option>
      </Option>
      <Option name="type" type="QString" value="collection"></Option>
     </Option>
    </data_defined_properties>
   </layer>
  </symbol>
  <data-defined-properties>
   <Option type="Map">
    <Option name="name" type="QString" value=""></Option>
    <Option name="properties"></Option>
    <Option name="type" type="QString" value="collection"></Option>
   </Option>
  </data-defined-properties>
 </renderer-v2>
 <selection mode="Default">
  <selectionColor invalid="1"></selectionColor>
 </selection>
 <labeling type="simple">
  <settings calloutType="simple">
   <text-style allowHtml="0" blendMode="0" capitalization="0" fieldName="&quot;matter_name&quot;" fontFamily="Noto Sans CJK SC" fontItalic="0" fontKerning="1" fontLetterSpacing="0" fontSize="6.5" fontSizeMapUnitScale="3x:0,0,0,0,0,0" fontSizeUnit="Point" fontStrikeout="0" fontUnderline="0" fontWeight="50" fontWordSpacing="0" forcedBold="1" forcedItalic="0" isExpression="1" legendString="Aa" multilineHeight="1" multilineHeightUnit="Percentage" namedStyle="" previewBkgrdColor="255,255,255,255,rgb:1,1,1,1" tabStopDistance="6" tabStopDistanceMapUnitScale="3x:0,0,0,0,0,0" tabStopDistanceUnit="Percentage" textColor="34,38,43,255,rgb:0.13333333333333333,0.14901960784313725,0.16862745098039217,1" textOpacity="1" textOrientation="horizontal" useSubstitutions="0">
    <families>
     <family name="Noto Sans CJK SC"></family>
     <family name="Source Han Sans SC"></family>
     <family name="WenQuanYi Micro Hei"></family>
     <family name="Microsoft YaHei"></family>
     <family name="SimHei"></family>
     <family name="PingFang SC"></family>
    </families>
    <text-buffer bufferBlendMode="0" bufferColor="251,250,247,255,rgb:0.98431372549019602,0.98039215686274506,0.96862745098039216,1" bufferDraw="1" bufferJoinStyle="128" bufferNoFill="1" bufferOpacity="1" bufferSize="0.80000000000000004" bufferSizeMapUnitScale="3x:0,0,0,0,0,0" bufferSizeUnits="MM"></text-buffer>
    <text-mask maskEnabled="0" maskJoinStyle="128" maskOpacity="1" maskSize="1.5" maskSize2="1.5" maskSizeMapUnitScale="3x:0,0,0,0,0,0" maskSizeUnits="MM" maskType="0" maskedSymbolLayers=""></text-mask>
    <background shapeBlendMode="0" shapeBorderColor="128,128,128,255,rgb:0.50196078431372548,0.50196078431372548,0.50196078431372548,1" shapeBorderWidth="0" shapeBorderWidthMapUnitScale="3x:0,0,0,0,0,0" shapeBorderWidthUnit="MM" shapeDraw="0" shapeFillColor="255,255,255,255,rgb:1,1,1,1" shapeJoinStyle="64" shapeOffsetMapUnitScale="3x:0,0,0,0,0,0" shapeOffsetUnit="MM" shapeOffsetX="0" shapeOffsetY="0" shapeOpacity="1" shapeRadiiMapUnitScale="3x:0,0,0,0,0,0" shapeRadiiUnit="MM" shapeRadiiX="0" shapeRadiiY="0" shapeRotation="0" shapeRotationType="0" shapeSVGFile="" shapeSizeMapUnitScale="3x:0,0,0,0,0,0" shapeSizeType="0" shapeSizeUnit="MM" shapeSizeX="0" shapeSizeY="0" shapeType="0">
     <symbol alpha="1" clip_to_extent="1" force_rhr="0" frame_rate="10" is_animated="0" name="fillSymbol" type="fill">
      <data_defined_properties>
       <Option type="Map">
        <Option name="name" type="QString" value=""></Option>
        <Option name="properties"></Option>
        <Option name="type" type="QString" value="collection"></Option>
       </Option>
      </data_defined_properties>
      <layer class="SimpleFill" enabled="1" id="" locked="0" pass="0">
       <Option type="Map">
        <Option name="border_width_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
        <Option name="color" type="QString" value="255,255,255,255,rgb:1,1,1,1"></Option>
        <Option name="joinstyle" type="QString" value="bevel"></Option>
        <Option name="offset" type="QString" value="0,0"></Option>
        <Option name="offset_map_unit_scale" type="QString" value="3x:0,0,0,0,0,0"></Option>
        <Option name="offset_unit" type="QString" value="MM"></Option>
        <Option name="outline_color" type="QString" value="128,128,128,255,rgb:0.50196078431372548,0.50196078431372548,0.50196078431372548,1"></Option>
        <Option name="outline_style" type="QString" value="no"></Option>
        <Option name="outline_width" type="QString" value="0"></Option>
        <Option name="outline_width_unit" type="QString" value="MM"></Option>
        <Option name="style" type="QString" value="solid"></Option>
       </Option>
       <data_defined_properties>
        <Option type="Map">
         <Option name="name" type="QString" value=""></Option>
         <Option name="properties"></Option>
         <Option name="type" type="QString" value="collection"></Option>
        </Option>
       </data_defined_properties>
      </layer>
     </symbol>
    </background>
    <shadow shadowBlendMode="6" shadowColor="0,0,0,255,rgb:0,0,0,1" shadowDraw="0" shadowOffsetAngle="135" shadowOffsetDist="1" shadowOffsetGlobal="1" shadowOffsetMapUnitScale="3x:0,0,0,0,0,0" shadowOffsetUnit="MM" shadowOpacity="0.69999999999999996" shadowRadius="1.5" shadowRadiusAlphaOnly="0" shadowRadiusMapUnitScale="3x:0,0,0,0,0,0" shadowRadiusUnit="MM" shadowScale="100" shadowUnder="0"></shadow>
    <dd_properties>
     <Option type="Map">
      <Option name="name" type="QString" value=""></Option>
      <Option name="properties"></Option>
      <Option name="type" type="QString" value="collection"></Option>
     </Option>
    </dd_properties>
    <substitutions></substitutions>
   </text-style>
   <text-format addDirectionSymbol="0" autoWrapLength="0" decimals="3" formatNumbers="0" leftDirectionSymbol="&lt;" multilineAlign="3" placeDirectionSymbol="0" plussign="0" reverseDirectionSymbol="0" rightDirectionSymbol=">" useMaxLineLengthForAutoWrap="1" wrapChar=""></text-format>
   <placement allowDegraded="0" centroidInside="0" centroidWhole="0" dist="1.6000000000000001" distMapUnitScale="3x:0,0,0,0,0,0" distUnits="MM" fitInPolygonOnly="0" geometryGenerator="" geometryGeneratorEnabled="0" geometryGeneratorType="PointGeometry" labelOffsetMapUnitScale="3x:0,0,0,0,0,0" layerType="UnknownGeometry" lineAnchorClipping="0" lineAnchorPercent="0.5" lineAnchorTextPoint="FollowPlacement" lineAnchorType="0" maxCurvedCharAngleIn="25" maxCurvedCharAngleOut="-25" maximumDistance="0" maximumDistanceMapUnitScale="3x:0,0,0,0,0,0" maximumDistanceUnit="MM" offsetType="1" offsetUnits="MM" overlapHandling="PreventOverlap" overrunDistance="0" overrunDistanceMapUnitScale="3x:0,0,0,0,0,0" overrunDistanceUnit="MM" placement="6" placementFlags="10" polygonPlacementFlags="2" predefinedPositionOrder="TR,TL,BR,BL,R,L,TSR,BSR" preserveRotation="1" prioritization="PreferCloser" priority="2" quadOffset="4" repeatDistance="0" repeatDistanceMapUnitScale="3x:0,0,0,0,0,0" repeatDistanceUnits="MM" rotationAngle="0" rotationUnit="AngleDegrees" xOffset="0" yOffset="0"></placement>
   <rendering drawLabels="1" fontLimitPixelSize="0" fontMaxPixelSize="10000" fontMinPixelSize="0" labelPerPart="0" limitNumLabels="0" maxNumLabels="2000" mergeLines="1" minFeatureSize="0" obstacle="1" obstacleFactor="1" obstacleType="1" scaleMax="1500" scaleMin="0" scaleVisibility="1" unplacedVisibility="0" upsidedownLabels="0" zIndex="0"></rendering>
   <dd_properties>
    <Option type="Map">
     <Option name="name" type="QString" value=""></Option>
     <Option name="properties"></Option>
     <Option name="type" type="QString" value="collection"></Option>
    </Option>
   </dd_properties>
   </settings>
 </labeling>
 <blendMode>0</blendMode>
 <featureBlendMode>0</featureBlendMode>
 <layerOpacity>1</layerOpacity>
 <layerGeometryType>0</layerGeometryType>
</qgis>
